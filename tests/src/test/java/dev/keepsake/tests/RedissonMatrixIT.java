package dev.keepsake.tests;

import java.nio.file.Files;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.redisson.Redisson;
import org.redisson.api.BatchOptions;
import org.redisson.api.RFuture;
import org.redisson.api.RScript;
import org.redisson.api.RedissonClient;
import org.redisson.api.geo.GeoUnit;
import org.redisson.api.stream.StreamAddArgs;
import org.redisson.client.codec.StringCodec;
import org.redisson.config.Config;
import org.redisson.config.ReadMode;
import org.redisson.config.SslVerificationMode;

/// Redisson.
class RedissonMatrixIT extends ClientMatrix {
    private static final String STORE_PASSWORD = "public";

    @Override
    MatrixClient connect(Target target) throws Exception {
        var store = Files.createTempFile(directory, "trust", ".p12");
        Files.write(store, target.trust().asStore(STORE_PASSWORD.toCharArray()).readAllBytes());
        var config = new Config();
        config.setCodec(StringCodec.INSTANCE)
                .setUsername(target.user())
                .setPassword(target.password())
                .setSslVerificationMode(SslVerificationMode.STRICT)
                .setSslTruststore(store.toUri().toURL())
                .setSslTruststorePassword(STORE_PASSWORD);
        config.useClusterServers()
                .addNodeAddress("rediss://%s:%d".formatted(target.host(), target.port()))
                .setScanInterval(1_000)
                .setMasterConnectionMinimumIdleSize(2)
                .setSlaveConnectionMinimumIdleSize(2)
                .setReadMode(ReadMode.MASTER); // its default are replicas, which may be behind
        return new Client(Redisson.create(config));
    }

    private record Client(RedissonClient redisson) implements MatrixClient {
        @Override
        public void set(String key, String value) {
            redisson.getBucket(key).set(value);
        }

        @Override
        public String get(String key) {
            return redisson.<String>getBucket(key).get();
        }

        @Override
        public long increment(String key) {
            return redisson.getAtomicLong(key).incrementAndGet();
        }

        @Override
        public List<String> append(String key, String... elements) {
            var list = redisson.<String>getList(key);
            list.addAll(List.of(elements));
            return list.readAll();
        }

        @Override
        public Map<String, String> hash(String key, Map<String, String> fields) {
            var map = redisson.<String, String>getMap(key);
            map.putAll(fields);
            return map.readAllMap();
        }

        @Override
        public Set<String> setOf(String key, String... members) {
            var set = redisson.<String>getSet(key);
            set.addAll(Arrays.asList(members));
            return set.readAll();
        }

        @Override
        public List<String> sorted(String key, Map<String, Double> members) {
            var set = redisson.<String>getScoredSortedSet(key);
            set.addAll(members);
            return List.copyOf(set.readAll());
        }

        @Override
        public long stream(String key, Map<String, String> entry) {
            var stream = redisson.<String, String>getStream(key);
            stream.add(StreamAddArgs.entries(entry));
            return stream.size();
        }

        @Override
        public long distinct(String key, String... elements) {
            var log = redisson.<String>getHyperLogLog(key);
            log.addAll(List.of(elements));
            return log.count();
        }

        @Override
        public long bits(String key, int... offsets) {
            var bits = redisson.getBitSet(key);
            for (int offset : offsets) {
                bits.set(offset);
            }
            return bits.cardinality();
        }

        @Override
        public double distanceKm(String key) {
            var places = redisson.<String>getGeo(key);
            places.add(PALERMO[0], PALERMO[1], "Palermo");
            places.add(CATANIA[0], CATANIA[1], "Catania");
            return places.dist("Palermo", "Catania", GeoUnit.KILOMETERS);
        }

        @Override
        public List<String> pipeline(Map<String, String> values) throws Exception {
            var batch = redisson.createBatch(BatchOptions.defaults());
            values.forEach((key, value) -> batch.getBucket(key).setAsync(value));
            var replies = new LinkedHashMap<String, RFuture<String>>();
            values.keySet()
                    .forEach(key -> replies.put(key, batch.<String>getBucket(key).getAsync()));
            batch.execute();
            return replies.values().stream()
                    .map(reply -> reply.toCompletableFuture().join())
                    .toList();
        }

        @Override
        public List<Long> transaction(String key) {
            var batch =
                    redisson.createBatch(
                            BatchOptions.defaults()
                                    .executionMode(BatchOptions.ExecutionMode.IN_MEMORY_ATOMIC));
            var counter = batch.getAtomicLong(key);
            var first = counter.incrementAndGetAsync();
            var second = counter.incrementAndGetAsync();
            batch.execute();
            return List.of(first.toCompletableFuture().join(), second.toCompletableFuture().join());
        }

        @Override
        public List<String> script(String key, String argument) {
            List<?> answer =
                    redisson.getScript(StringCodec.INSTANCE)
                            .eval(
                                    RScript.Mode.READ_WRITE,
                                    "return {KEYS[1], ARGV[1]}",
                                    RScript.ReturnType.LIST,
                                    List.of(key),
                                    argument);
            return texts(answer);
        }

        @Override
        public String blockingPop(String key) throws InterruptedException {
            return redisson.<String>getBlockingQueue(key).poll(60, TimeUnit.SECONDS);
        }

        @Override
        public Subscription subscribe(String channel, Consumer<String> onMessage) {
            var topic = redisson.getTopic(channel);
            int listener =
                    topic.addListener(String.class, (_, message) -> onMessage.accept(message));
            return () -> topic.removeListener(listener);
        }

        @Override
        public void publish(String channel, String message) {
            redisson.getTopic(channel).publish(message);
        }

        @Override
        public void close() {
            redisson.shutdown(0, 5, TimeUnit.SECONDS);
        }
    }
}
