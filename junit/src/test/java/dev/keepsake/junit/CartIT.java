package dev.keepsake.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.lettuce.core.cluster.RedisClusterClient;
import java.util.Map;
import org.junit.jupiter.api.Test;

@Keepsake(@Cluster(shards = 1, replicas = 1, tls = false))
class CartIT {
    @Test
    void aCartSurvivesAFailover(KeepsakeCluster cluster) {
        var client = RedisClusterClient.create(cluster.uri().toString());
        var carts = client.connect().sync();
        carts.hset("cart:7", "book", "1");
        cluster.failover("0001");
        carts.hset("cart:7", "pen", "2"); // while another node takes over
        cluster.awaitRecovered();
        assertEquals(Map.of("book", "1", "pen", "2"), carts.hgetall("cart:7"));
        client.shutdown();
    }
}
