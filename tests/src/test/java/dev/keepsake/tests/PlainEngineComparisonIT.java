package dev.keepsake.tests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.resp.ReplyFramer;
import dev.keepsake.resp.RespValue;
import dev.keepsake.resp.RespWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.EOFException;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The same commands, well-formed and not, to a node and to an engine without a front: what they
/// answer is the same, byte for byte as far as it can be shown.
class PlainEngineComparisonIT {
    private static final int COMMANDS = 4_000;

    /// `K` stands for a key, `V` for a value, `N` for a number; all keys are of one slot.
    private static final List<String> PATTERNS =
            List.of(
                    "SET K V",
                    "SET K V NX",
                    "SET K V XX GET",
                    "SET K V PX 100000",
                    "GET K",
                    "GETDEL K",
                    "GETEX K PERSIST",
                    "GETRANGE K 0 N",
                    "SETRANGE K N V",
                    "STRLEN K",
                    "APPEND K V",
                    "INCR K",
                    "INCRBY K N",
                    "INCRBYFLOAT K 0.5",
                    "DECR K",
                    "MSET K V K V",
                    "MSETNX K V K V",
                    "MGET K K K",
                    "SETNX K V",
                    "GETSET K V",
                    "SETBIT K N 1",
                    "GETBIT K N",
                    "BITCOUNT K",
                    "BITOP AND K K K",
                    "BITPOS K 1",
                    "DEL K K",
                    "UNLINK K",
                    "EXISTS K K",
                    "TYPE K",
                    "RENAME K K",
                    "RENAMENX K K",
                    "COPY K K",
                    "COPY K K REPLACE",
                    "PERSIST K",
                    "TTL {k}none",
                    "TOUCH K K",
                    "OBJECT ENCODING K",
                    "LPUSH K V V",
                    "RPUSH K V V V",
                    "LPUSHX K V",
                    "LPOP K",
                    "RPOP K 2",
                    "LLEN K",
                    "LRANGE K 0 -1",
                    "LINDEX K N",
                    "LSET K N V",
                    "LREM K 0 V",
                    "LTRIM K 0 N",
                    "LINSERT K BEFORE V V",
                    "LPOS K V",
                    "LMOVE K K LEFT RIGHT",
                    "RPOPLPUSH K K",
                    "LMPOP 2 K K LEFT",
                    "HSET K V V",
                    "HSET K V V V V",
                    "HGET K V",
                    "HDEL K V",
                    "HLEN K",
                    "HEXISTS K V",
                    "HINCRBY K V N",
                    "HSETNX K V V",
                    "HMGET K V V",
                    "HSTRLEN K V",
                    "SADD K V V",
                    "SREM K V",
                    "SCARD K",
                    "SISMEMBER K V",
                    "SMISMEMBER K V V",
                    "SMOVE K K V",
                    "SINTERSTORE K K K",
                    "SUNIONSTORE K K K",
                    "SDIFFSTORE K K K",
                    "SINTERCARD 2 K K",
                    "ZADD K N V N V",
                    "ZADD K GT CH N V",
                    "ZINCRBY K N V",
                    "ZSCORE K V",
                    "ZRANK K V",
                    "ZREVRANK K V",
                    "ZRANGE K 0 -1 WITHSCORES",
                    "ZRANGE K 0 N REV",
                    "ZRANGEBYSCORE K -inf N",
                    "ZRANGESTORE K K 0 -1",
                    "ZCARD K",
                    "ZCOUNT K 0 N",
                    "ZREM K V",
                    "ZPOPMIN K",
                    "ZPOPMAX K 2",
                    "ZUNIONSTORE K 2 K K",
                    "ZINTERSTORE K 2 K K WEIGHTS 1 2",
                    "ZDIFF 2 K K WITHSCORES",
                    "ZMSCORE K V V",
                    "ZMPOP 1 K MIN",
                    "ZLEXCOUNT K - +",
                    "PFADD K V V",
                    "PFCOUNT K K",
                    "PFMERGE K K",
                    "GEOADD K 13.3 38.1 V",
                    "GEODIST K V V",
                    "GEOHASH K V",
                    "XADD K 1-N f V",
                    "XLEN K",
                    "XRANGE K - +",
                    "XREVRANGE K + - COUNT 2",
                    "XDEL K 1-N",
                    "XTRIM K MAXLEN N",
                    "XGROUP CREATE K g 0 MKSTREAM",
                    "XREAD COUNT 2 STREAMS K 0",
                    "XREADGROUP GROUP g c COUNT 1 STREAMS K >",
                    "XACK K g 1-N",
                    "XPENDING K g",
                    "XINFO GROUPS K",
                    "SORT K ALPHA",
                    "SORT K LIMIT 0 N",
                    "EVAL return{KEYS[1],ARGV[1]} 1 K V",
                    "EVAL return(redis.call('get',KEYS[1])) 1 K",
                    "EVAL_RO return(redis.call('exists',KEYS[1])) 1 K",
                    "EVALSHA 0000000000000000000000000000000000000000 0",
                    "BLPOP K 0.001",
                    "BLMOVE K K LEFT LEFT 0.001",
                    "BZPOPMIN K 0.001",
                    "LCS K K",
                    "DUMP {k}none",
                    "ECHO V",
                    "PING V",
                    "PING",
                    "MULTI",
                    "EXEC",
                    "DISCARD",
                    "WATCH K",
                    "UNWATCH",
                    "GET",
                    "SET K",
                    "SET K V WRONG",
                    "INCRBY K V",
                    "LRANGE K V V",
                    "ZADD K V V",
                    "EXPIRE K",
                    "OBJECT WRONG K",
                    "XADD K 0-0 f V",
                    "HSET K V",
                    "PUBLISH V V",
                    "PUBSUB NUMSUB V",
                    "SCRIPT EXISTS V",
                    "CLIENT SETNAME V",
                    "CLIENT GETNAME",
                    "CLIENT GETREDIR",
                    "CLIENT TRACKINGINFO",
                    "CLIENT CACHING V",
                    "CLIENT WRONG V",
                    "SELECT 0",
                    "MEMORY WRONG",
                    "COMMAND COUNT WRONG");

    @TempDir static Path behindAFront;
    @TempDir static Path plain;
    private static ServedNode node;
    private static ServedNode bare;

    @BeforeAll
    static void start() throws Exception {
        node = ServedNode.startDurable(behindAFront);
        bare = ServedNode.startDurable(plain);
    }

    @AfterAll
    static void stop() throws IOException {
        node.close();
        bare.close();
    }

    /// Some that are always tried, and one that nobody has tried before; `-Dseed=N` tries one
    /// alone.
    static List<Long> seeds() {
        var chosen = Long.getLong("seed");
        return chosen != null
                ? List.of(chosen)
                : List.of(1L, 2L, 3L, RandomGenerator.getDefault().nextLong(1L << 40));
    }

    @ParameterizedTest(name = "-Dseed={0}")
    @MethodSource("seeds")
    void aNodeAnswersAsItsEngineWould(long seed) throws IOException {
        var random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        bare.engine().command("FLUSHALL");
        try (var served = node.connect();
                var engine = new EngineConnection(bare.engine().socket())) {
            served.ask("FLUSHALL");
            if (random.nextBoolean()) {
                served.ask("HELLO", "3");
                engine.ask("HELLO", "3");
            }
            var history = new ArrayList<String>();
            for (int i = 0; i < COMMANDS; i++) {
                var command = command(random);
                history.add(String.join(" ", command));
                served.send(command);
                engine.send(command);
                assertThat(shown(served.readValue()))
                        .as(() -> "seed %d, after %s".formatted(seed, lastOf(history)))
                        .isEqualTo(shown(engine.readValue()));
            }
        }
    }

    private static List<String> lastOf(List<String> history) {
        return history.subList(Math.max(0, history.size() - 12), history.size());
    }

    private static String shown(RespValue value) {
        return value instanceof RespValue.Bulk bulk ? "$" + bulk.utf8() : deep(value);
    }

    private static String deep(RespValue value) {
        return switch (value) {
            case RespValue.Bulk bulk -> "$" + bulk.utf8();
            case RespValue.ArrayReply(List<RespValue> items) ->
                    items.stream().map(PlainEngineComparisonIT::deep).toList().toString();
            default -> value.toString();
        };
    }

    private static String[] command(RandomGenerator random) {
        var words = PATTERNS.get(random.nextInt(PATTERNS.size())).split(" ", -1);
        for (int i = 1; i < words.length; i++) {
            words[i] =
                    switch (words[i]) {
                        case "K" -> "{k}" + random.nextInt(12);
                        case "V" -> "v" + random.nextInt(6);
                        case "N" -> Integer.toString(random.nextInt(9));
                        default -> words[i].replace("1-N", "1-" + (1 + random.nextInt(20)));
                    };
        }
        if (random.nextInt(40) == 0) {
            words[0] = words[0].toLowerCase(java.util.Locale.ROOT);
        }
        return words;
    }

    /// A client of the engine itself.
    private static final class EngineConnection implements AutoCloseable {
        private final SocketChannel channel;
        private final ReplyFramer framer = new ReplyFramer();
        private final ByteBuf received = Unpooled.buffer();

        EngineConnection(Path socket) throws IOException {
            this.channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
        }

        void ask(String... command) throws IOException {
            send(command);
            readValue();
        }

        void send(String... command) throws IOException {
            var out = Unpooled.buffer();
            RespWriter.command(out, command);
            out.readBytes(channel, out.readableBytes());
        }

        RespValue readValue() throws IOException {
            int length = received.isReadable() ? framer.parse(received) : -1;
            while (length < 0) {
                received.discardReadBytes();
                if (received.writeBytes(channel, 4096) < 0) {
                    throw new EOFException("the engine closed the connection");
                }
                length = framer.parse(received);
            }
            return RespValue.decode(received.readSlice(length));
        }

        @Override
        public void close() throws IOException {
            channel.close();
            received.release();
        }
    }
}
