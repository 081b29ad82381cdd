package dev.keepsake.tests;

import glide.api.GlideClusterClient;
import glide.api.models.ClusterBatch;
import glide.api.models.Script;
import glide.api.models.commands.RangeOptions.RangeByIndex;
import glide.api.models.commands.ScriptOptions;
import glide.api.models.commands.geospatial.GeoUnit;
import glide.api.models.commands.geospatial.GeospatialData;
import glide.api.models.configuration.AdvancedGlideClusterClientConfiguration;
import glide.api.models.configuration.ClusterSubscriptionConfiguration;
import glide.api.models.configuration.ClusterSubscriptionConfiguration.PubSubClusterChannelMode;
import glide.api.models.configuration.GlideClusterClientConfiguration;
import glide.api.models.configuration.NodeAddress;
import glide.api.models.configuration.ServerCredentials;
import glide.api.models.configuration.TlsAdvancedConfiguration;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/// Valkey GLIDE, whose core is native: the one for Linux on amd64 is tested.
@EnabledOnOs(
        value = OS.LINUX,
        architectures = "amd64",
        disabledReason = "GLIDE's native core is here for Linux on amd64 only")
class GlideMatrixIT extends ClientMatrix {
    private static final int REQUEST_TIMEOUT_MS = 60_000;

    @Override
    MatrixClient connect(Target target) throws Exception {
        return new Client(target, client(target, null));
    }

    private static GlideClusterClient client(
            Target target, @Nullable ClusterSubscriptionConfiguration subscriptions)
            throws InterruptedException, ExecutionException {
        var tls =
                TlsAdvancedConfiguration.builder()
                        .rootCertificates(target.trust().pem().getBytes(StandardCharsets.US_ASCII))
                        .build();
        var configuration =
                GlideClusterClientConfiguration.builder()
                        .address(
                                NodeAddress.builder()
                                        .host(target.host())
                                        .port(target.port())
                                        .build())
                        .useTLS(true)
                        .credentials(
                                ServerCredentials.builder()
                                        .username(target.user())
                                        .password(target.password())
                                        .build())
                        .requestTimeout(REQUEST_TIMEOUT_MS)
                        .advancedConfiguration(
                                AdvancedGlideClusterClientConfiguration.builder()
                                        .tlsAdvancedConfiguration(tls)
                                        .build());
        if (subscriptions != null) {
            configuration.subscriptionConfiguration(subscriptions);
        }
        return GlideClusterClient.createClient(configuration.build()).get();
    }

    private record Client(Target target, GlideClusterClient glide) implements MatrixClient {
        private static <T> T await(CompletableFuture<T> reply) throws Exception {
            return reply.get(90, TimeUnit.SECONDS);
        }

        @Override
        public void set(String key, String value) throws Exception {
            await(glide.set(key, value));
        }

        @Override
        public String get(String key) throws Exception {
            return await(glide.get(key));
        }

        @Override
        public long increment(String key) throws Exception {
            return await(glide.incr(key));
        }

        @Override
        public List<String> append(String key, String... elements) throws Exception {
            await(glide.rpush(key, elements));
            return List.of(await(glide.lrange(key, 0, -1)));
        }

        @Override
        public Map<String, String> hash(String key, Map<String, String> fields) throws Exception {
            await(glide.hset(key, fields));
            return await(glide.hgetall(key));
        }

        @Override
        public Set<String> setOf(String key, String... members) throws Exception {
            await(glide.sadd(key, members));
            return await(glide.smembers(key));
        }

        @Override
        public List<String> sorted(String key, Map<String, Double> members) throws Exception {
            await(glide.zadd(key, members));
            return List.of(await(glide.zrange(key, new RangeByIndex(0, -1))));
        }

        @Override
        public long stream(String key, Map<String, String> entry) throws Exception {
            await(glide.xadd(key, entry));
            return await(glide.xlen(key));
        }

        @Override
        public long distinct(String key, String... elements) throws Exception {
            await(glide.pfadd(key, elements));
            return await(glide.pfcount(new String[] {key}));
        }

        @Override
        public long bits(String key, int... offsets) throws Exception {
            for (int offset : offsets) {
                await(glide.setbit(key, offset, 1));
            }
            return await(glide.bitcount(key));
        }

        @Override
        public double distanceKm(String key) throws Exception {
            await(
                    glide.geoadd(
                            key,
                            Map.of(
                                    "Palermo",
                                    new GeospatialData(PALERMO[0], PALERMO[1]),
                                    "Catania",
                                    new GeospatialData(CATANIA[0], CATANIA[1]))));
            return await(glide.geodist(key, "Palermo", "Catania", GeoUnit.KILOMETERS));
        }

        @Override
        public List<String> pipeline(Map<String, String> values) throws Exception {
            var batch = new ClusterBatch(false);
            values.forEach(batch::set);
            values.keySet().forEach(batch::get);
            var replies = await(glide.exec(batch, true));
            return texts(Arrays.asList(replies).subList(values.size(), replies.length));
        }

        @Override
        public List<Long> transaction(String key) throws Exception {
            var batch = new ClusterBatch(true);
            batch.incr(key);
            batch.incr(key);
            return Arrays.stream(await(glide.exec(batch, true))).map(Long.class::cast).toList();
        }

        @Override
        public List<String> script(String key, String argument) throws Exception {
            var script = new Script("return {KEYS[1], ARGV[1]}", false);
            try {
                var options = ScriptOptions.builder().key(key).arg(argument).build();
                return texts(Arrays.asList((Object[]) await(glide.invokeScript(script, options))));
            } finally {
                script.close();
            }
        }

        @Override
        public String blockingPop(String key) throws Exception {
            return await(glide.blpop(new String[] {key}, 20))[1];
        }

        @Override
        public Subscription subscribe(String channel, Consumer<String> onMessage) throws Exception {
            var subscriptions =
                    ClusterSubscriptionConfiguration.builder()
                            .subscription(PubSubClusterChannelMode.EXACT, channel)
                            .callback((message, _) ->
                                    onMessage.accept(message.getMessage().toString()))
                            .build();
            var listening = client(target, subscriptions);
            return () ->
                    unchecked(() -> {
                        listening.close();
                        return true;
                    });
        }

        @Override
        public void publish(String channel, String message) throws Exception {
            await(glide.publish(message, channel, false));
        }

        @Override
        public void close() {
            unchecked(() -> {
                glide.close();
                return true;
            });
        }
    }
}
