package dev.keepsake.junit;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisException;
import io.lettuce.core.SslOptions;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.RedisClusterClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/// A client that trusts the injected certificate, as `docs/testing-java.md` shows it.
@Keepsake(@Cluster(replicas = 0))
class LettuceTrustIT {
    private static final Patience PATIENCE = new Patience(Duration.ofMinutes(5));

    @Test
    void lettuceTrustsTheInjectedCertificate(KeepsakeCluster cluster, @CaFile Path ca) {
        var client = RedisClusterClient.create(cluster.uri().toString());
        var tls = SslOptions.builder().trustManager(ca.toFile()).build();
        client.setOptions(ClusterClientOptions.builder().sslOptions(tls).build());
        try {
            var answer = new AtomicReference<>("nothing");
            PATIENCE.await(
                    "Lettuce is connected", () -> answers(client, answer), () -> answer.get());
            assertThat(answer).hasValue("PONG");
        } finally {
            client.shutdown();
        }
    }

    /// On a busy machine the handshake may take longer than a node waits for it.
    private static boolean answers(RedisClusterClient client, AtomicReference<String> answer) {
        try (var connection = client.connect()) {
            answer.set(connection.sync().ping());
            return true;
        } catch (RedisException e) {
            answer.set(String.valueOf(e.getCause()));
            return false;
        }
    }
}
