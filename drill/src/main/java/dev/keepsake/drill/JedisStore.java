package dev.keepsake.drill;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.ClusterPipeline;
import redis.clients.jedis.ConnectionPoolConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.RedisClusterClient;
import redis.clients.jedis.Response;
import redis.clients.jedis.exceptions.JedisException;

/// The database through Jedis, as an application uses it, but with a single try for each command.
/// Jedis still renews its slot map when a connection breaks and when it is redirected.
final class JedisStore implements DrillStore {
    /// The limit of retries, of which there are none. A short limit would end the only try early,
    /// and Jedis would hide the reason.
    private static final Duration LONG = Duration.ofMinutes(1);

    /// The first handshakes with a server that has just been started take longer than the short
    /// timeout of clients.
    private static final int CONNECT_ATTEMPTS = 20;

    private static final int READ_ATTEMPTS = 5;
    private static final Duration READ_PAUSE = Duration.ofMillis(200);

    private final RedisClusterClient client;

    private JedisStore(RedisClusterClient client) {
        this.client = client;
    }

    /// Connects to a cluster.
    ///
    /// @param clusterEndpoint the cluster's configuration endpoint
    /// @param trust the trust in the certificates of the cluster's nodes
    /// @param threads how many threads will use the store at the same time
    /// @param timeoutMs how long a reply may take
    static JedisStore connect(
            HostAndPort clusterEndpoint, ServerTrust trust, int threads, int timeoutMs)
            throws DrillException {
        var config = trust.jedis().socketTimeoutMillis(timeoutMs).build();
        var pool = new ConnectionPoolConfig();
        pool.setMaxTotal(threads);
        pool.setMaxIdle(threads);
        for (int attempt = 1; ; attempt++) {
            try {
                return new JedisStore(
                        RedisClusterClient.builder()
                                .nodes(Set.of(clusterEndpoint))
                                .clientConfig(config)
                                .poolConfig(pool)
                                .maxAttempts(1)
                                .maxTotalRetriesDuration(LONG)
                                .build());
            } catch (JedisException e) {
                if (attempt == CONNECT_ATTEMPTS) {
                    throw new DrillException(
                            "no Redis client can connect to %s: %s"
                                    .formatted(clusterEndpoint, e.getMessage()),
                            e);
                }
            }
        }
    }

    @Override
    public void set(String key, String value) throws WriteFailedException {
        write(redis -> redis.set(key, value));
    }

    @Override
    public void append(String listKey, String element) throws WriteFailedException {
        write(redis -> redis.rpush(listKey, element));
    }

    @Override
    public long increment(String key) throws WriteFailedException {
        return write(redis -> redis.incr(key));
    }

    private <T> T write(Function<RedisClusterClient, T> command) throws WriteFailedException {
        try {
            return command.apply(client);
        } catch (JedisException e) {
            throw new WriteFailedException(FailureKind.of(e), e);
        }
    }

    @Override
    public List<@Nullable String> values(List<String> keys)
            throws DrillException, InterruptedException {
        return read(() -> pipelinedValues(keys));
    }

    private List<@Nullable String> pipelinedValues(List<String> keys) {
        List<Response<String>> replies;
        try (ClusterPipeline pipeline = client.pipelined()) {
            replies = keys.stream().map(pipeline::get).toList();
            pipeline.sync();
        }
        // A missing reply throws an IllegalStateException here, because the pipeline itself hides
        // broken connections.
        return replies.stream().<@Nullable String>map(Response::get).toList();
    }

    @Override
    public List<String> elements(String listKey, long first, int count)
            throws DrillException, InterruptedException {
        return read(() -> client.lrange(listKey, first, first + count - 1));
    }

    /// Repeats a read that fails. Only a lasting failure ends the drill.
    private static <T> T read(Supplier<T> reading) throws DrillException, InterruptedException {
        for (int attempt = 1; ; attempt++) {
            if (Thread.interrupted()) {
                throw new InterruptedException(); // Jedis itself ignores interrupts.
            }
            try {
                return reading.get();
            } catch (JedisException | IllegalStateException e) {
                if (attempt == READ_ATTEMPTS) {
                    throw new DrillException("reading back failed: " + e.getMessage(), e);
                }
                Thread.sleep(READ_PAUSE);
            }
        }
    }

    @Override
    public void close() {
        client.close();
    }
}
