package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisPubSub;
import redis.clients.jedis.RedisClusterClient;
import redis.clients.jedis.Response;
import redis.clients.jedis.SslOptions;
import redis.clients.jedis.SslVerifyMode;
import redis.clients.jedis.StreamEntryID;
import redis.clients.jedis.Transaction;
import redis.clients.jedis.args.GeoUnit;
import redis.clients.jedis.exceptions.JedisDataException;

/// Jedis.
class JedisMatrixIT extends ClientMatrix {
    private static final char[] STORE_PASSWORD = "public".toCharArray();

    @Override
    MatrixClient connect(Target target) throws Exception {
        var ssl =
                SslOptions.builder()
                        .trustStoreType("PKCS12")
                        .truststore(() -> target.trust().asStore(STORE_PASSWORD), STORE_PASSWORD)
                        .sslVerifyMode(SslVerifyMode.FULL)
                        .build();
        var config =
                DefaultJedisClientConfig.builder()
                        .user(target.user())
                        .password(target.password())
                        .sslOptions(ssl)
                        .connectionTimeoutMillis(Waiting.REPLY_WITHIN_MS)
                        .socketTimeoutMillis(Waiting.REPLY_WITHIN_MS)
                        .build();
        return new Client(
                RedisClusterClient.builder()
                        .nodes(Set.of(new HostAndPort(target.host(), target.port())))
                        .clientConfig(config)
                        .build());
    }

    private record Client(RedisClusterClient redis) implements MatrixClient {
        @Override
        public void set(String key, String value) {
            redis.set(key, value);
        }

        @Override
        public String get(String key) {
            return redis.get(key);
        }

        @Override
        public long increment(String key) {
            return redis.incr(key);
        }

        @Override
        public List<String> append(String key, String... elements) {
            redis.rpush(key, elements);
            return redis.lrange(key, 0, -1);
        }

        @Override
        public Map<String, String> hash(String key, Map<String, String> fields) {
            redis.hset(key, fields);
            return redis.hgetAll(key);
        }

        @Override
        public Set<String> setOf(String key, String... members) {
            redis.sadd(key, members);
            return redis.smembers(key);
        }

        @Override
        public List<String> sorted(String key, Map<String, Double> members) {
            redis.zadd(key, members);
            return redis.zrange(key, 0, -1);
        }

        @Override
        public long stream(String key, Map<String, String> entry) {
            redis.xadd(key, StreamEntryID.NEW_ENTRY, entry);
            return redis.xlen(key);
        }

        @Override
        public long distinct(String key, String... elements) {
            redis.pfadd(key, elements);
            return redis.pfcount(key);
        }

        @Override
        public long bits(String key, int... offsets) {
            for (int offset : offsets) {
                redis.setbit(key, offset, true);
            }
            return redis.bitcount(key);
        }

        @Override
        public double distanceKm(String key) {
            redis.geoadd(key, PALERMO[0], PALERMO[1], "Palermo");
            redis.geoadd(key, CATANIA[0], CATANIA[1], "Catania");
            return redis.geodist(key, "Palermo", "Catania", GeoUnit.KM);
        }

        @Override
        public List<String> pipeline(Map<String, String> values) {
            var replies = new ArrayList<Response<String>>();
            try (var pipeline = redis.pipelined()) {
                values.forEach(pipeline::set);
                values.keySet().forEach(key -> replies.add(pipeline.get(key)));
                pipeline.sync();
            }
            return replies.stream().map(Response::get).toList();
        }

        @Override
        public List<Long> transaction(String key) {
            // Jedis has no transactions for clusters; they are had from the node of the slot.
            RuntimeException refusal = new IllegalStateException("there are no nodes");
            for (var pool : redis.getClusterNodes().values()) {
                try (var connection = pool.getResource();
                        var transaction = new Transaction(connection)) {
                    var first = transaction.incr(key);
                    var second = transaction.incr(key);
                    transaction.exec();
                    return List.of(first.get(), second.get());
                } catch (JedisDataException | IllegalStateException e) {
                    refusal = e; // the slot is another node's
                }
            }
            throw refusal;
        }

        @Override
        public List<String> script(String key, String argument) {
            return texts(
                    (List<?>)
                            redis.eval(
                                    "return {KEYS[1], ARGV[1]}", List.of(key), List.of(argument)));
        }

        @Override
        public String blockingPop(String key) {
            return redis.blpop(20, key).get(1);
        }

        @Override
        public Subscription subscribe(String channel, Consumer<String> onMessage) {
            var listener =
                    new JedisPubSub() {
                        @Override
                        public void onMessage(String from, String message) {
                            onMessage.accept(message);
                        }
                    };
            var thread = Thread.ofVirtual().start(() -> redis.subscribe(listener, channel));
            await("it is subscribed", listener::isSubscribed);
            return () -> {
                listener.unsubscribe();
                await("it has ended", () -> !thread.isAlive());
            };
        }

        @Override
        public void publish(String channel, String message) {
            redis.publish(channel, message);
        }

        @Override
        public void close() {
            redis.close();
        }
    }
}
