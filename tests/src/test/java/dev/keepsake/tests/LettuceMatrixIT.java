package dev.keepsake.tests;

import io.lettuce.core.GeoArgs;
import io.lettuce.core.KeyValue;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.SslOptions;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.ClusterTopologyRefreshOptions;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.SlotHash;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// Lettuce.
class LettuceMatrixIT extends ClientMatrix {
    @Override
    MatrixClient connect(Target target) {
        var uri =
                RedisURI.builder()
                        .withHost(target.host())
                        .withPort(target.port())
                        .withSsl(true)
                        .withVerifyPeer(true)
                        .withAuthentication(target.user(), target.password().toCharArray())
                        .withTimeout(Duration.ofSeconds(60))
                        .build();
        var client = RedisClusterClient.create(uri);
        client.setOptions(
                ClusterClientOptions.builder()
                        .sslOptions(
                                SslOptions.builder()
                                        .jdkSslProvider()
                                        .trustManager(target.ca())
                                        .build())
                        .topologyRefreshOptions(
                                ClusterTopologyRefreshOptions.builder()
                                        .adaptiveRefreshTriggersTimeout(Duration.ofMillis(100))
                                        .enablePeriodicRefresh(Duration.ofSeconds(1))
                                        .build())
                        .build());
        return new Client(client, client.connect());
    }

    private record Client(
            RedisClusterClient client, StatefulRedisClusterConnection<String, String> connection)
            implements MatrixClient {
        @Override
        public void set(String key, String value) {
            connection.sync().set(key, value);
        }

        @Override
        public String get(String key) {
            return connection.sync().get(key);
        }

        @Override
        public long increment(String key) {
            return connection.sync().incr(key);
        }

        @Override
        public List<String> append(String key, String... elements) {
            connection.sync().rpush(key, elements);
            return connection.sync().lrange(key, 0, -1);
        }

        @Override
        public Map<String, String> hash(String key, Map<String, String> fields) {
            connection.sync().hset(key, fields);
            return connection.sync().hgetall(key);
        }

        @Override
        public Set<String> setOf(String key, String... members) {
            connection.sync().sadd(key, members);
            return connection.sync().smembers(key);
        }

        @Override
        public List<String> sorted(String key, Map<String, Double> members) {
            members.forEach((member, score) -> connection.sync().zadd(key, score, member));
            return connection.sync().zrange(key, 0, -1);
        }

        @Override
        public long stream(String key, Map<String, String> entry) {
            connection.sync().xadd(key, entry);
            return connection.sync().xlen(key);
        }

        @Override
        public long distinct(String key, String... elements) {
            connection.sync().pfadd(key, elements);
            return connection.sync().pfcount(key);
        }

        @Override
        public long bits(String key, int... offsets) {
            for (int offset : offsets) {
                connection.sync().setbit(key, offset, 1);
            }
            return connection.sync().bitcount(key);
        }

        @Override
        public double distanceKm(String key) {
            connection.sync().geoadd(key, PALERMO[0], PALERMO[1], "Palermo");
            connection.sync().geoadd(key, CATANIA[0], CATANIA[1], "Catania");
            return connection.sync().geodist(key, "Palermo", "Catania", GeoArgs.Unit.km);
        }

        @Override
        public List<String> pipeline(Map<String, String> values) throws Exception {
            var async = connection.async();
            values.forEach(async::set);
            var replies = new ArrayList<RedisFuture<String>>();
            values.keySet().forEach(key -> replies.add(async.get(key)));
            var read = new ArrayList<String>();
            for (var reply : replies) {
                read.add(reply.get(60, TimeUnit.SECONDS));
            }
            return read;
        }

        @Override
        public List<Long> transaction(String key) {
            var node = connection.getPartitions().getPartitionBySlot(SlotHash.getSlot(key));
            var commands = connection.getConnection(node.getNodeId()).sync();
            commands.multi();
            commands.incr(key);
            commands.incr(key);
            return commands.exec().stream().map(Long.class::cast).toList();
        }

        @Override
        public List<String> script(String key, String argument) {
            List<?> answer =
                    connection
                            .sync()
                            .eval(
                                    "return {KEYS[1], ARGV[1]}",
                                    ScriptOutputType.MULTI,
                                    new String[] {key},
                                    argument);
            return texts(answer);
        }

        @Override
        public String blockingPop(String key) {
            // Of its own, as Lettuce's manual asks for.
            try (var own = client.connect()) {
                own.setTimeout(Duration.ofSeconds(90));
                KeyValue<String, String> popped = own.sync().blpop(60, key);
                return popped.getValue();
            }
        }

        @Override
        public Subscription subscribe(String channel, Consumer<String> onMessage) {
            var listening = client.connectPubSub();
            listening.addListener(
                    new RedisPubSubAdapter<>() {
                        @Override
                        public void message(String from, String message) {
                            onMessage.accept(message);
                        }
                    });
            listening.sync().subscribe(channel);
            return listening::close;
        }

        @Override
        public void publish(String channel, String message) {
            connection.sync().publish(channel, message);
        }

        @Override
        public void close() {
            connection.close();
            client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
        }
    }
}
