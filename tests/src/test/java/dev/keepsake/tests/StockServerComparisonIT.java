package dev.keepsake.tests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.resp.RespValue;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// The same commands, well-formed and not, to a node and to a stock server that owns all slots of a
/// cluster: what they answer is the same, byte for byte as far as it can be shown. Before each of
/// the [TestEngines] that a run takes.
class StockServerComparisonIT {
    private static final int COMMANDS = 4_000;

    /// `K` stands for a key, `V` for a value, `N` for a number; all keys are of one slot but `X`.
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
                    "COPY K K DB 0",
                    "COPY K K DB N",
                    "COPY K K DB V",
                    "COPY K K DB N WRONG",
                    "COPY K V",
                    "MOVE K N",
                    "MOVE K V",
                    "SWAPDB 0 N",
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
                    "SORT K BY V*",
                    "SORT K BY V* GET # STORE K",
                    "SORT K GET # WRONG",
                    "SORT K GET",
                    "SORT_RO K BY V* LIMIT 0 N",
                    "SORT_RO K GET V*",
                    "SORT K STORE K BY",
                    "SORT K BY {k}*",
                    "SORT K BY {k}->V GET {k}V",
                    "SORT K GET # GET {k}V",
                    "SORT K BY {k}* GET {x}V",
                    "SORT_RO K BY {}* GET {k}*",
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
                    "SELECT N",
                    "SELECT V",
                    "READONLY",
                    "READWRITE",
                    "ASKING",
                    "WAIT 0 N",
                    "WAIT V N",
                    "CLIENT LIST ID 0",
                    "CLIENT LIST ID V",
                    "CLIENT PAUSE N WRITE V",
                    "CLIENT PAUSE V",
                    "CLUSTER KEYSLOT K",
                    "CLUSTER KEYSLOT",
                    "CLUSTER REPLICAS V",
                    "CLUSTER LINKS",
                    "CLUSTER WRONG",
                    "SPUBLISH K V",
                    "PUBSUB SHARDNUMSUB K",
                    "MSET K V V V",
                    "EVAL return(redis.call('get',KEYS[1])) 2 K V",
                    "MEMORY WRONG",
                    "COMMAND COUNT WRONG",
                    "SET X V",
                    "GET X",
                    "INCR X",
                    "MGET K X",
                    "MSET K V X V",
                    "MSETNX X V K V",
                    "DEL K X",
                    "EXISTS X K",
                    "UNLINK X X",
                    "TOUCH K X",
                    "RENAME K X",
                    "COPY K X",
                    "COPY K X DB N",
                    "SMOVE K X V",
                    "SINTERSTORE X K K",
                    "SDIFF K X",
                    "PFMERGE X K",
                    "PFCOUNT K X",
                    "BITOP NOT X K",
                    "LMOVE K X LEFT RIGHT",
                    "BLPOP K X 0.001",
                    "BLMPOP 0.001 2 K X LEFT",
                    "ZUNIONSTORE X 1 K",
                    "ZINTER 2 K X",
                    "LMPOP 2 K X LEFT",
                    "SORT K STORE X",
                    "GEORADIUS K 0 0 1 km STORE X",
                    "GEOSEARCHSTORE X K FROMLONLAT 0 0 BYRADIUS 1 km",
                    "XREAD STREAMS K X 0 0",
                    "XREAD BLOCK 1 STREAMS K X 0 0",
                    "XREADGROUP GROUP g c STREAMS K X > >",
                    "WATCH K X",
                    "WATCH X",
                    "EVAL return(1) 2 K X",
                    "EVAL return(1) 3 K X",
                    "EVAL return(1) -1 K X",
                    "EVAL return(1) V",
                    "FCALL V 2 K X",
                    "FCALL V 1 K",
                    "FCALL_RO V 0",
                    "LCS K X",
                    "ZRANGESTORE X K 0 -1",
                    "OBJECT FREQ K",
                    "OBJECT FREQ X",
                    "MEMORY USAGE X SAMPLES V",
                    "DBSIZE",
                    "FLUSHALL WRONG",
                    "FLUSHDB WRONG",
                    "INFO WRONG",
                    "KEYS {none}*",
                    "SCAN V",
                    "SCAN 0 TYPE",
                    "RESTORE K 0 V",
                    "RESTORE K V V",
                    "RESTORE X 0 V REPLACE",
                    "EXPIRE K V",
                    "EXPIRE K 100 NX XX",
                    "EXPIRETIME {k}none",
                    "SPOP {k}none",
                    "SSCAN K V",
                    "HSCAN K 0 MATCH",
                    "LATENCY WRONG",
                    "LATENCY RESET WRONG",
                    "SLOWLOG WRONG",
                    "SLOWLOG GET V",
                    "SCRIPT WRONG",
                    "SCRIPT LOAD V",
                    "SCRIPT KILL",
                    "SCRIPT FLUSH WRONG",
                    "FUNCTION WRONG",
                    "FUNCTION LIST",
                    "FUNCTION DELETE V",
                    "FUNCTION LOAD V",
                    "FUNCTION KILL",
                    "FUNCTION STATS",
                    "FUNCTION RESTORE V",
                    "PUBSUB WRONG",
                    "PUBSUB NUMPAT",
                    "PUBSUB CHANNELS V",
                    "PUBSUB SHARDCHANNELS",
                    "ACL WHOAMI",
                    "ACL USERS",
                    "ACL CAT V",
                    "ACL CAT V V",
                    "ACL WRONG",
                    "ACL GETUSER V",
                    "ACL GENPASS V",
                    "ACL GENPASS 0",
                    "CLIENT NO-EVICT V",
                    "CLIENT NO-EVICT on",
                    "CLIENT TRACKINGINFO V",
                    "CLIENT LIST TYPE V",
                    "CLIENT LIST ID 0 V",
                    "CLIENT LIST ID V V",
                    "CLIENT LIST NAME nobody",
                    "CLIENT LIST NOT-ID V",
                    "CLIENT LIST ADDR nowhere:1",
                    "CLIENT LIST IP 1.1.1.1",
                    "CLIENT LIST IDLE 0",
                    "CLIENT LIST MAXAGE V",
                    "CLIENT LIST MAXAGE 0",
                    "CLIENT LIST SKIPME V",
                    "CLIENT LIST LIB-NAME nobody LIB-VER V",
                    "CLIENT LIST FLAGS Q",
                    "CLIENT LIST CAPA Q",
                    "CLIENT LIST DB V",
                    "CLIENT LIST DB 99",
                    "CLIENT LIST USER nobody",
                    "CLIENT LIST TYPE replica ID 999999",
                    "CLIENT LIST TYPE master",
                    "CLIENT LIST V",
                    "CLIENT UNPAUSE",
                    "CLIENT GETNAME V",
                    "CLIENT",
                    "ACL",
                    "CLUSTER",
                    "OBJECT",
                    "XGROUP",
                    "SCRIPT",
                    "COMMAND GETKEYS SET K V",
                    "COMMAND GETKEYS V",
                    "COMMAND GETKEYS PING",
                    "COMMAND GETKEYSANDFLAGS MOVE K 1",
                    "COMMAND INFO V",
                    "COMMAND INFO move",
                    "COMMAND INFO swapdb",
                    "COMMAND LIST FILTERBY V V",
                    "COMMAND DOCS move",
                    "CLUSTER COUNT-FAILURE-REPORTS V",
                    "CLUSTER KEYSLOT K V",
                    "CLUSTER SLAVES V",
                    "TIME V",
                    "LASTSAVE V",
                    "ROLE V",
                    "LOLWUT VERSION V",
                    "SUBSTR K 0 N",
                    "PEXPIREAT K V",
                    "OBJECT IDLETIME {k}none",
                    "XAUTOCLAIM K g c 0 V",
                    "XCLAIM K g c 0 1-N",
                    "XSETID K 1-N",
                    "XINFO STREAM {k}none",
                    "XINFO WRONG K",
                    "GEOSEARCH K FROMLONLAT 0 0 BYRADIUS 1 km ANY",
                    "ZRANGEBYLEX K - +",
                    "ZRANDMEMBER K V",
                    "HRANDFIELD {k}none N",
                    "MEMORY USAGE {k}none",
                    "MEMORY DOCTOR V",
                    "MEMORY",
                    "WAIT 0",
                    "WAIT N N N",
                    "V V V",
                    "V",
                    // of newer engines; unknown to the others
                    "ZRANK K V WITHSCORE",
                    "ZREVRANK K V WITHSCORE",
                    "ZRANK K V WRONG",
                    "HEXPIRE K 100 FIELDS 1 V",
                    "HEXPIRE K 100 FIELDS N V",
                    "HPERSIST K FIELDS 1 V",
                    "HTTL {k}none FIELDS 1 V",
                    "HSETEX K EX 100 FIELDS 1 V V",
                    "HGETEX K PERSIST FIELDS 1 V",
                    "HGETDEL K FIELDS 1 V",
                    "HGETDEL X FIELDS 1 V",
                    "SET K V IFEQ V",
                    "DELIFEQ K V",
                    "DELIFEQ X V",
                    "MSETEX 2 K V K V EX 100",
                    "MSETEX V K V",
                    "VADD K VALUES 2 1 N V",
                    "VADD K V",
                    "VCARD K",
                    "VDIM K",
                    "VREM K V",
                    "VEMB {k}none V",
                    "VINFO {k}none",
                    "VCARD X",
                    "CLIENT NO-TOUCH V",
                    "CLIENT NO-TOUCH on",
                    "CLIENT NO-TOUCH off",
                    "CLIENT NO-TOUCH",
                    "CLIENT CAPA V",
                    "CLIENT CAPA",
                    "CLIENT IMPORT-SOURCE off",
                    "CLIENT IMPORT-SOURCE V",
                    "WAITAOF V 0 0",
                    "WAITAOF 2 0 0",
                    "WAITAOF 0 -1 0",
                    "WAITAOF 0 0 V",
                    "WAITAOF 0 0 -1",
                    "WAITAOF 0",
                    "COMMANDLOG V",
                    "COMMANDLOG LEN V",
                    "COMMANDLOG GET V slow",
                    "COMMANDLOG GET N V",
                    "COMMANDLOG GET N large-reply",
                    "SCRIPT SHOW V",
                    "LATENCY HISTOGRAM V");

    /// What a node refuses inside a transaction.
    private static final List<String> OUTSIDE_TRANSACTIONS =
            List.of(
                    "HELLO V",
                    "HELLO 4",
                    "HELLO 2 V",
                    "HELLO 2 AUTH V",
                    "HELLO 2 SETNAME",
                    "AUTH V",
                    "AUTH V V",
                    "AUTH V V V",
                    "ACL LOG -1",
                    "ACL LOG 0",
                    "ACL LOG V",
                    "ACL LOG 1 2",
                    "ACL LOG RESET",
                    "ACL LOG RESET V",
                    "ACL DRYRUN V GET",
                    "ACL DRYRUN default V",
                    "ACL DRYRUN default get K V",
                    "ACL DRYRUN default set K V",
                    "ACL DRYRUN default client V",
                    "ACL DRYRUN default client list",
                    "ACL DRYRUN default cluster slots V",
                    "CLIENT KILL ID 0",
                    "CLIENT KILL V",
                    "CLIENT KILL V V",
                    "CLIENT KILL TYPE V",
                    "CLIENT KILL TYPE master",
                    "CLIENT KILL ADDR V",
                    "CLIENT KILL LADDR V ADDR V",
                    "CLIENT KILL USER V",
                    "CLIENT KILL SKIPME V",
                    "CLIENT KILL ID V V",
                    "CLIENT KILL ID 999999 999998",
                    "CLIENT KILL ID 999999 0",
                    "CLIENT KILL MAXAGE V",
                    "CLIENT KILL MAXAGE 0",
                    "CLIENT KILL MAXAGE 99999999",
                    "CLIENT KILL NAME nobody",
                    "CLIENT KILL LADDR nowhere:1 SKIPME no",
                    "CLIENT KILL NOT-TYPE normal LIB-NAME nobody",
                    "CLIENT UNBLOCK V",
                    "CLIENT UNBLOCK 0",
                    "CLIENT UNBLOCK 0 V",
                    "CLIENT UNBLOCK 0 timeout V",
                    "CLIENT UNBLOCK 99999999999999999999",
                    "CLIENT REPLY V",
                    "CLIENT TRACKING V",
                    "CLIENT TRACKING ON V",
                    "CLIENT TRACKING OFF",
                    "CLIENT TRACKING ON REDIRECT V",
                    "CLIENT TRACKING ON PREFIX V",
                    "CLIENT TRACKING OFF V",
                    "CLUSTER COUNTKEYSINSLOT 0",
                    "CLUSTER COUNTKEYSINSLOT 7629",
                    "CLUSTER COUNTKEYSINSLOT V",
                    "CLUSTER COUNTKEYSINSLOT 99999",
                    "CLUSTER COUNTKEYSINSLOT 16384",
                    "CLUSTER GETKEYSINSLOT 0 N",
                    "CLUSTER GETKEYSINSLOT -1 N",
                    "CLUSTER GETKEYSINSLOT 1 -1",
                    "CLUSTER GETKEYSINSLOT V V",
                    "CLUSTER SLOT-STATS V V",
                    "CLUSTER SLOT-STATS SLOTSRANGE 0",
                    "CLUSTER SLOT-STATS SLOTSRANGE V N",
                    "CLUSTER SLOT-STATS SLOTSRANGE N N",
                    "CLUSTER SLOT-STATS SLOTSRANGE 0 16384",
                    "CLUSTER SLOT-STATS ORDERBY V",
                    "CLUSTER SLOT-STATS ORDERBY cpu-usec",
                    "CLUSTER SLOT-STATS ORDERBY key-count LIMIT N",
                    "CLUSTER SLOT-STATS ORDERBY key-count LIMIT V",
                    "CLUSTER SLOT-STATS ORDERBY key-count LIMIT N ASC",
                    "CLUSTER SLOT-STATS ORDERBY key-count ASC DESC",
                    "CLUSTER SLOT-STATS ORDERBY key-count LIMIT",
                    "MONITOR V",
                    "RESET V");

    @TempDir static Path directory;
    private static Compared compared;

    @BeforeAll
    static void start() throws Exception {
        compared = new Compared(directory);
    }

    @AfterAll
    static void stop() throws Exception {
        compared.close();
    }

    /// Some that are always tried, of engines beside the bundled one only the first, and one that
    /// nobody has tried before; `-Dseed=N` tries one alone.
    static List<Arguments> runs() {
        var runs = new ArrayList<Arguments>();
        for (var engine : compared.names()) {
            boolean first = runs.isEmpty();
            var chosen = Long.getLong("seed");
            long fresh = RandomGenerator.getDefault().nextLong(1L << 40);
            var usual = first ? List.of(1L, 2L, 3L, fresh) : List.of(1L, fresh);
            for (var seed : chosen == null ? usual : List.of(chosen)) {
                runs.add(Arguments.of(engine, seed));
            }
        }
        return runs;
    }

    @ParameterizedTest(name = "{0} -Dseed={1}")
    @MethodSource("runs")
    void aNodeAnswersAsAStockServerOfAClusterWould(String engine, long seed) throws Exception {
        var random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        try (var served = compared.of(engine).node().connect();
                var reference = compared.of(engine).stock().connect()) {
            served.ask("FLUSHALL");
            reference.ask("FLUSHALL");
            if (random.nextBoolean()) {
                served.ask("HELLO", "3");
                reference.ask("HELLO", "3");
            }
            var history = new ArrayList<String>();
            boolean inTransaction = false;
            for (int i = 0; i < COMMANDS; i++) {
                var command = command(random, inTransaction);
                String name = command[0].toUpperCase(Locale.ROOT);
                inTransaction =
                        switch (name) {
                            case "MULTI" -> true;
                            case "EXEC", "DISCARD" -> false;
                            default -> inTransaction;
                        };
                history.add(String.join(" ", command));
                served.send(command);
                reference.send(command);
                assertThat(shown(name, served.readValue()))
                        .as(() -> "%s, seed %d, after %s".formatted(engine, seed, lastOf(history)))
                        .isEqualTo(shown(name, reference.readValue()));
            }
        }
    }

    private static List<String> lastOf(List<String> history) {
        return history.subList(Math.max(0, history.size() - 12), history.size());
    }

    private static String shown(String command, RespValue value) {
        if (command.equals("EXEC") && isFailure(value)) {
            return "failure"; // of several reasons each may tell another
        }
        return value instanceof RespValue.Bulk bulk ? "$" + bulk.utf8() : deep(value);
    }

    private static boolean isFailure(RespValue ofExec) {
        return ofExec instanceof RespValue.NullReply
                || (ofExec instanceof RespValue.ErrorReply(String error)
                        && (error.startsWith("EXECABORT ") || error.startsWith("CROSSSLOT ")));
    }

    private static String deep(RespValue value) {
        return switch (value) {
            case RespValue.Bulk bulk -> "$" + bulk.utf8();
            case RespValue.ArrayReply(List<RespValue> items) ->
                    items.stream().map(StockServerComparisonIT::deep).toList().toString();
            default -> value.toString();
        };
    }

    private static String[] command(RandomGenerator random, boolean inTransaction) {
        var words = pattern(random, inTransaction).split(" ", -1);
        for (int i = 1; i < words.length; i++) {
            words[i] =
                    switch (words[i]) {
                        case "K" -> "{k}" + random.nextInt(12);
                        case "X" -> "{x}" + random.nextInt(3);
                        case "V" -> "v" + random.nextInt(6);
                        case "N" -> Integer.toString(random.nextInt(9));
                        default -> words[i].replace("1-N", "1-" + (1 + random.nextInt(20)));
                    };
        }
        if (random.nextInt(40) == 0) {
            words[0] = words[0].toLowerCase(Locale.ROOT);
        }
        return words;
    }

    private static String pattern(RandomGenerator random, boolean inTransaction) {
        int chosen = random.nextInt(PATTERNS.size() + OUTSIDE_TRANSACTIONS.size());
        if (chosen < PATTERNS.size()) {
            return PATTERNS.get(chosen);
        }
        return inTransaction ? "EXEC" : OUTSIDE_TRANSACTIONS.get(chosen - PATTERNS.size());
    }
}
