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

/// The database through Jedis, as an application would use it, but with a single attempt a command.
/// Jedis still renews its slot map when a connection breaks and when it is redirected.
final class JedisStore implements DrillStore {
    /// Only bounds retries, of which there are none; it must not cut the one attempt short, because
    /// Jedis then hides why it failed.
    private static final Duration LONG = Duration.ofMinutes(1);

    /// The first handshakes with a server that has just been started take longer than an impatient
    /// client waits.
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
    /// @param trust in the cluster's nodes
    /// @param threads how many threads will use the store at once
    /// @param timeoutMs how long a reply is waited for
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
        // A reply that never came throws an IllegalStateException here: the pipeline itself
        // swallows broken connections.
        return replies.stream().<@Nullable String>map(Response::get).toList();
    }

    @Override
    public List<String> elements(String listKey, long first, int count)
            throws DrillException, InterruptedException {
        return read(() -> client.lrange(listKey, first, first + count - 1));
    }

    /// Reads may be repeated; only a lasting failure ends the drill.
    private static <T> T read(Supplier<T> reading) throws DrillException, InterruptedException {
        for (int attempt = 1; ; attempt++) {
            if (Thread.interrupted()) {
                throw new InterruptedException(); // Jedis itself does not listen.
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
