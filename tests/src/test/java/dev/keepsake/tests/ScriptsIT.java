package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.resp.RespValue;
import dev.keepsake.resp.RespWriter;
import dev.keepsake.resp.ScriptCheck;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import software.amazon.awssdk.services.memorydb.model.Node;

/// Scripts cannot write what no log holds, whichever way they come.
class ScriptsIT {
    private static final String REFUSED = "-ERR script refused because of ";
    private static final String WRITES_UNLOGGED =
            "redis.set_repl(redis.REPL_NONE) return redis.call('SET', KEYS[1], '999')";
    private static final String SPELLED_AT_RUN_TIME =
            "local f = redis['set'..'_repl'] f(redis['REPL'..'_AOF'])"
                    + " return redis.call('SET', KEYS[1], '999')";
    private static final String LIBRARY =
            "#!lua name=hidden\n"
                    + "-- a comment that a compressed string repeats, repeats, repeats, repeats\n"
                    + "redis.register_function('hide', function(keys) redis.set_repl(redis.REPL_NONE)"
                    + " return redis.call('SET', keys[1], '999') end)";
    private static final int LARGE_BYTES = 1_000_000;
    private static final int LARGE_VALUE_BYTES = 3 << 19;
    private static final String PASSWORD = "a-password-of-scripts";
    private static final int SCRIPTS = 4_000;

    @TempDir static Path directory;
    @TempDir static Path alone;
    private static TestServer server;
    private static StockServer stock;
    private static List<Node> nodes;

    @BeforeAll
    static void start() throws Exception {
        stock = StockServer.start(alone);
        server = TestServer.start(directory);
        nodes =
                server.api()
                        .create("scripts", 1, 1, 0, server.endpointPort())
                        .shards()
                        .getFirst()
                        .nodes();
    }

    @AfterAll
    static void stop() {
        server.close();
        stock.close();
    }

    private static Wire primary() throws IOException {
        var wire = Wire.to(nodes.getFirst());
        return wire.ask("ROLE").startsWith("[master") ? wire : Wire.to(nodes.getLast());
    }

    @Test
    void whatAScriptWritesIsThereAfterAFailover() throws Exception {
        String told;
        try (var wire = primary()) {
            assertThat(wire.ask("SET", "n", "10")).isEqualTo("OK");
            for (String script : List.of(WRITES_UNLOGGED, SPELLED_AT_RUN_TIME)) {
                assertThat(wire.ask("EVAL", script, "1", "n")).startsWith(REFUSED);
                assertThat(wire.ask("EVAL", script, "1", "n")).startsWith(REFUSED);
                assertThat(wire.ask("EVAL_RO", script, "1", "n")).startsWith(REFUSED);
                assertThat(wire.ask("SCRIPT", "LOAD", script)).startsWith(REFUSED);
                assertThat(wire.ask("FUNCTION", "LOAD", "#!lua name=x\n" + script))
                        .startsWith(REFUSED);
            }
            assertThat(wire.ask("FUNCTION", "LOAD", "REPLACE", LIBRARY)).startsWith(REFUSED);
            assertThat(restore(wire, payloadOf(LIBRARY))).startsWith(REFUSED);
            assertThat(wire.ask("FUNCTION", "LIST")).isEqualTo("[]");
            assertThat(wire.ask("FCALL", "hide", "1", "n")).startsWith("-ERR Function not found");
            told = wire.ask("INCR", "n");
        }
        server.api().failOver("scripts", "0001");
        await("its key has a primary", () -> get("n") != null);
        assertThat(get("n")).isEqualTo(told).isEqualTo("11");
    }

    private static @Nullable String get(String key) {
        try (var wire = primary()) {
            String value = wire.ask("GET", key);
            return value.startsWith("-") ? null : value;
        } catch (IOException e) {
            return null;
        }
    }

    @Test
    void aTransactionFailsWithItsScript() throws Exception {
        try (var wire = primary()) {
            wire.ask("MULTI");
            assertThat(wire.ask("SET", "t", "1")).isEqualTo("QUEUED");
            assertThat(wire.ask("EVAL", WRITES_UNLOGGED, "1", "t")).startsWith(REFUSED);
            assertThat(wire.ask("EXEC")).startsWith("-EXECABORT");
            assertThat(wire.ask("EXISTS", "t")).isEqualTo("0");
        }
    }

    @Test
    void largeScriptsAreReadToTheirEnd() throws Exception {
        String filler = "-- " + "x".repeat(LARGE_BYTES) + "\n";
        String value = "x".repeat(LARGE_VALUE_BYTES);
        try (var wire = primary()) {
            for (String code : List.of(WRITES_UNLOGGED, SPELLED_AT_RUN_TIME)) {
                assertThat(wire.ask("EVAL", filler + code, "1", "l")).startsWith(REFUSED);
                assertThat(wire.ask("EVAL", code + filler, "1", "l")).startsWith(REFUSED);
                assertThat(wire.ask("EVAL", code, "1", "l", value)).startsWith(REFUSED);
                assertThat(wire.ask("EVAL", filler + code, "1", "l", value)).startsWith(REFUSED);
                assertThat(wire.ask("SCRIPT", "LOAD", filler + code)).startsWith(REFUSED);
                assertThat(wire.ask("FUNCTION", "LOAD", "#!lua name=x\n" + filler + code))
                        .startsWith(REFUSED);
            }
            assertThat(wire.ask("EXISTS", "l")).isEqualTo("0");
            assertThat(wire.ask("EVAL", filler + "return #ARGV[1]", "1", "l", value))
                    .isEqualTo("" + LARGE_VALUE_BYTES);
            assertThat(wire.ask("EVAL", "return #ARGV[1]", "1", "l", value))
                    .isEqualTo("" + LARGE_VALUE_BYTES);
        }
    }

    private static String padded(String code, int bytes) {
        return code + " ".repeat(bytes - code.length());
    }

    @Test
    void longScriptsKeepTheirPlaceAmongOtherCommands() throws Exception {
        String increments = padded("return redis.call('INCR', KEYS[1])", 500_000);
        String refused = padded("return redis.set_repl(0)", 500_000);
        try (var wire = primary()) {
            wire.sendAll(
                    List.of(
                            List.of("SET", "o", "1"),
                            List.of("EVAL", increments, "1", "o"),
                            List.of("INCR", "o"),
                            List.of("EVAL", refused, "1", "o"),
                            List.of("EVAL", increments, "1", "o"),
                            List.of("EVAL", "return redis.call('GET', KEYS[1])", "1", "o"),
                            List.of("SCRIPT", "LOAD", increments),
                            List.of("PING")));
            assertThat(wire.read()).isEqualTo("OK");
            assertThat(wire.read()).isEqualTo("2");
            assertThat(wire.read()).isEqualTo("3");
            assertThat(wire.read()).startsWith(REFUSED + "'redis.set_repl'");
            assertThat(wire.read()).isEqualTo("4");
            assertThat(wire.read()).isEqualTo("4");
            assertThat(wire.read()).hasSize(40);
            assertThat(wire.read()).isEqualTo("PONG");

            wire.sendAll(
                    List.of(
                            List.of("MULTI"),
                            List.of("SET", "o", "1"),
                            List.of("EVAL", increments, "1", "o"),
                            List.of("INCR", "o"),
                            List.of("EXEC"),
                            List.of("MULTI"),
                            List.of("EVAL", refused, "1", "o"),
                            List.of("INCR", "o"),
                            List.of("EXEC"),
                            List.of("GET", "o")));
            assertThat(wire.read()).isEqualTo("OK");
            for (int i = 0; i < 3; i++) {
                assertThat(wire.read()).isEqualTo("QUEUED");
            }
            assertThat(wire.read()).isEqualTo("[OK 2 3]");
            assertThat(wire.read()).isEqualTo("OK");
            assertThat(wire.read()).startsWith(REFUSED + "'redis.set_repl'");
            assertThat(wire.read()).isEqualTo("QUEUED");
            assertThat(wire.read()).startsWith("-EXECABORT");
            assertThat(wire.read()).isEqualTo("3");

            // Typed as a line, which is no longer there when its turn comes.
            String line = "EVAL \"" + padded("return redis.call('INCR', KEYS[1])", 40_000);
            wire.sendRaw(line + "\" 1 o\r\nGET o\r\n");
            assertThat(wire.read()).isEqualTo("4");
            assertThat(wire.read()).isEqualTo("4");
        }
    }

    @Test
    void scriptsThatAreTooLongAreRefusedWithoutBeingGathered() throws Exception {
        int most = ScriptCheck.MAX_SCRIPT_BYTES;
        String longest = padded("return 7", most);
        String tooLong = padded("return 7", most + 1);
        String refusal = "-ERR script refused because it has 1048577 bytes, expected 1048576";
        try (var wire = primary()) {
            assertThat(wire.ask("EVAL", longest, "0")).isEqualTo("7");
            assertThat(wire.ask("EVAL", tooLong, "0")).startsWith(refusal);
            assertThat(wire.ask("EVAL_RO", tooLong, "1", "k", "x".repeat(most)))
                    .startsWith(refusal);
            assertThat(wire.ask("SCRIPT", "LOAD", longest)).hasSize(40);
            assertThat(wire.ask("SCRIPT", "LOAD", tooLong)).startsWith(refusal);
            assertThat(wire.ask("FUNCTION", "LOAD", "REPLACE", tooLong)).startsWith(refusal);
            assertThat(restore(wire, new byte[ScriptCheck.MAX_PAYLOAD_BYTES + 1]))
                    .startsWith("-ERR payload refused because it has 4194305 bytes");
            wire.ask("MULTI");
            assertThat(wire.ask("EVAL", tooLong, "0")).startsWith(refusal);
            assertThat(wire.ask("EXEC")).startsWith("-EXECABORT");
            // By what it says of its length: nothing else has come, and is read all the same.
            wire.sendRaw("*3\r\n$4\r\nEVAL\r\n$" + (30 << 20) + "\r\n" + padded("return 7", 1_000));
            assertThat(wire.read()).startsWith("-ERR script refused because it has 31457280 bytes");
            wire.sendRaw(" ".repeat((30 << 20) - 1_000) + "\r\n$1\r\n0\r\nPING\r\n");
            assertThat(wire.read()).isEqualTo("PONG");
            // A command that is gathered may not grow beyond that behind its beginning either.
            wire.sendRaw("*4\r\n$8\r\nFUNCTION\r\n$4\r\nLOAD\r\n$1000000\r\n");
            wire.sendRaw("x".repeat(1_000_000) + "\r\n$1000000\r\n" + "x".repeat(1_000_000));
            wire.sendRaw("\r\n");
            assertThat(wire.read()).startsWith("-ERR");
            assertThat(wire.ask("PING")).isEqualTo("PONG");
        }
        try (var wire = primary()) {
            wire.sendRaw("*9\r\n$8\r\nFUNCTION\r\n$4\r\nLOAD\r\n$1000000\r\n");
            for (int i = 0; i < 2; i++) {
                wire.sendRaw("x".repeat(1_000_000) + "\r\n$1000000\r\n");
            }
            assertThat(wire.read()).startsWith("-ERR this command may have 2097152 bytes");
        }
    }

    @Test
    void whoMayNotHaveScriptsExecutedHasThemNotRead() throws Exception {
        var api = server.api();
        api.createUser("reader", "on ~* &* +get", PASSWORD);
        api.createUser("scripter", "on ~mine +eval +function|load", PASSWORD);
        api.createAcl("scripting", "reader", "scripter");
        var trust = Trust.in(server.endpoint());
        api.createWithTls("guarded", 1, 0, server.endpointPort() - 2, "scripting");
        var node = api.node("guarded", 0, 0);
        String hidden = "return redis.set_repl(0)";
        try (var wire = Wire.to(node, trust)) {
            assertThat(wire.ask("AUTH", "reader", PASSWORD)).isEqualTo("OK");
            String engines = wire.ask("DEL", "mine"); // which the engine itself refuses
            assertThat(engines).startsWith("-NOPERM").contains("'del'");
            assertThat(wire.ask("EVAL", hidden, "0")).isEqualTo(engines.replace("'del'", "'eval'"));
            assertThat(wire.ask("EVAL_RO", hidden, "0"))
                    .isEqualTo(engines.replace("'del'", "'eval_ro'"));
            assertThat(wire.ask("SCRIPT", "LOAD", hidden))
                    .isEqualTo(engines.replace("'del'", "'script|load'"));
            assertThat(wire.ask("FUNCTION", "LOAD", hidden))
                    .isEqualTo(engines.replace("'del'", "'function|load'"));
            assertThat(restore(wire, payloadOf(LIBRARY)))
                    .isEqualTo(engines.replace("'del'", "'function|restore'"));
            assertThat(wire.ask("EVAL", padded(hidden, 2 << 20), "0")).startsWith("-NOPERM");
        }
        try (var wire = Wire.to(node, trust)) {
            assertThat(wire.ask("AUTH", "scripter", PASSWORD)).isEqualTo("OK");
            assertThat(wire.ask("EVAL", "return 7", "1", "mine")).isEqualTo("7");
            assertThat(wire.ask("EVAL", "return 7", "1", "others")).startsWith("-NOPERM");
            assertThat(wire.ask("EVAL", hidden, "0")).startsWith(REFUSED);
            assertThat(wire.ask("SCRIPT", "LOAD", hidden)).startsWith("-NOPERM");
            assertThat(wire.ask("FUNCTION", "LOAD", hidden)).startsWith(REFUSED);
        }
        api.delete("guarded");
    }

    @Test
    void harmlessLibrariesAreRestored() throws Exception {
        String code = "#!lua name=good\nredis.register_function('good', function() return 7 end)";
        try (var wire = primary()) {
            assertThat(restore(wire, payloadOf(code))).isEqualTo("OK");
            assertThat(wire.ask("FCALL", "good", "0")).isEqualTo("7");
            assertThat(wire.ask("FUNCTION", "DELETE", "good")).isEqualTo("OK");
        }
    }

    private static synchronized byte[] payloadOf(String library) throws IOException {
        try (var wire = stock.connect()) {
            wire.ask("FUNCTION", "FLUSH");
            assertThat(wire.ask("FUNCTION", "LOAD", library)).doesNotStartWith("-");
            wire.send("FUNCTION", "DUMP");
            var payload = ((RespValue.Bulk) wire.readValue()).bytes();
            wire.ask("FUNCTION", "FLUSH");
            return payload;
        }
    }

    private static String restore(Wire wire, byte[] payload) throws IOException {
        var out = Unpooled.buffer();
        RespWriter.command(out, "FUNCTION".getBytes(UTF_8), "RESTORE".getBytes(UTF_8), payload);
        wire.sendRaw(out);
        return wire.read();
    }

    @Test
    void aSnapshotMayNotBringSuchAFunctionEither() throws Exception {
        assertThat(refusedSnapshot("brought", LIBRARY)).contains("hidden.rdb").contains("set_repl");
    }

    @Test
    void aSnapshotMayNotBringALibraryThatIsTooLongToBeRead() throws Exception {
        var code = padded(LIBRARY.replace("set_repl", "call"), (1 << 20) + 1);
        assertThat(refusedSnapshot("longer", code))
                .contains("hidden.rdb")
                .contains("has %d bytes, expected 1048576 at most".formatted(code.length()));
    }

    /// @return what is said of a cluster that is made from a snapshot with a library
    private static String refusedSnapshot(String name, String library) throws Exception {
        try (var wire = stock.connect()) {
            wire.ask("FUNCTION", "FLUSH");
            assertThat(wire.ask("FUNCTION", "LOAD", library)).isEqualTo("hidden");
            assertThat(wire.ask("SAVE")).isEqualTo("OK");
            wire.ask("FUNCTION", "FLUSH");
        }
        var bucket = Files.createDirectories(directory.resolve("buckets").resolve(name));
        Files.copy(alone.resolve("dump.rdb"), bucket.resolve("hidden.rdb"));
        var api = server.api();
        api.fill(
                name,
                server.endpointPort() - 1,
                request -> request.snapshotArns("arn:aws:s3:::%s/hidden.rdb".formatted(name)));
        await("it fails", () -> api.describe(name).status().equals("restore-failed"));
        var said = String.join("\n", api.messages(name));
        api.delete(name);
        return said;
    }

    // ---- every way to spell it, against the engine itself

    static List<Long> seeds() {
        var given = System.getProperty("seed");
        return given == null ? List.of(1L, 2L) : List.of(Long.parseLong(given));
    }

    /// What may stand before, between and behind: openings and ends of strings and comments.
    private static final List<String> NOISE =
            List.of(
                    "",
                    "",
                    "",
                    " ",
                    "\n",
                    "\r",
                    "\r\n",
                    "\t",
                    ";",
                    "--",
                    "--\n",
                    "--[[",
                    "]]",
                    "--[=[",
                    "]=]",
                    "--[==[",
                    "]==]",
                    "[[",
                    "[=[",
                    "local s = [[",
                    "local s = [=[",
                    "local s = '",
                    "'",
                    "local s = \"",
                    "\"",
                    "\\",
                    "\\\n",
                    "\\\r\n",
                    "\\'",
                    "\\\\",
                    "--[=\n",
                    "--[ [\n",
                    "local n = 1e+1 ",
                    "local n = 0x1 ",
                    "local n = 1..2 ",
                    "local n = .5 ",
                    "\u0000",
                    "\u000b",
                    "\u000c",
                    "\u00e9",
                    "\u00a0",
                    "do ",
                    " end ",
                    "#!lua\n",
                    "local a = {} ",
                    "local f = function() ",
                    "if true then ",
                    " else ",
                    "repeat ",
                    " until true ");

    private static final List<String> DECLARATIONS =
            List.of(
                    "",
                    "",
                    "",
                    "local r = redis ",
                    "local r = redis\n",
                    "local redis = redis;",
                    "local r = 1 local r = redis ",
                    "local server = redis ",
                    "local r = (redis) ",
                    "local r, q = redis ",
                    "local t = {redis} ",
                    "local t = {r = redis} local r = t.r ",
                    "local function id(x) return x end local r = id(redis) ",
                    "local r = _G.redis ",
                    "local r = getfenv().redis ",
                    "local r = getfenv(0)['redis'] ",
                    "local r = loadstring('return redis')() ",
                    "local r for k, v in pairs(_G) do if k == 'redis' then r = v end end ",
                    "local server = 1 do local server = redis end local r = server ",
                    "local load = loadstring local r = load('return redis')() ",
                    "local loadstring = 1 do local x = loadstring end ",
                    "if true then local redis = 1 else local x = 1 end ",
                    "do local redis = {} end ",
                    "local f = function() local redis = 1 end ");

    private static final List<String> TABLES =
            List.of("redis", "redis", "r", "r", "server", "(redis)", "t[1]", "_G.redis");

    private static final List<String> FIELDS =
            List.of(
                    ".set_repl",
                    ".set_repl",
                    "['set_repl']",
                    "[\"set_repl\"]",
                    "[ [[set_repl]] ]",
                    "[ [=[set_repl]=] ]",
                    "['set'..'_repl']",
                    "['set\\095repl']",
                    "['\\115et_repl']",
                    "[('set_repl')]",
                    "['s' .. 'et_repl']",
                    "[ARGV[1]]",
                    " . set_repl",
                    ".\nset_repl",
                    "--[[x]].--[[y]]set_repl",
                    "--x\n.set_repl",
                    "[--[[ ]]'set_repl']",
                    ".call",
                    "['call']",
                    "['call' and 'set_repl']");

    private static final List<String> ENDINGS =
            List.of(
                    "return tostring(%s)",
                    "return tostring( %s )",
                    "local v = %s return tostring(v)",
                    "local v = %s; return tostring(v)",
                    "return tostring((%s))",
                    "local v = {%s} return tostring(v[1])",
                    "return tostring(select(1, %s))",
                    "return (function() return tostring(%s) end)()",
                    "local v v = %s\nreturn tostring(v)");

    private static String scriptOf(RandomGenerator random) {
        String noise = pick(random, NOISE);
        String table = pick(random, TABLES) + (random.nextInt(4) == 0 ? pick(random, NOISE) : "");
        return (random.nextInt(3) == 0 ? pick(random, NOISE) : "")
                + pick(random, DECLARATIONS)
                + noise
                + (random.nextInt(3) == 0 ? pick(random, NOISE) : "")
                + pick(random, ENDINGS).replace("%s", table + pick(random, FIELDS))
                + (random.nextInt(3) == 0 ? pick(random, NOISE) : "")
                + (random.nextInt(3) == 0 ? pick(random, NOISE) : "");
    }

    private static String pick(RandomGenerator random, List<String> of) {
        return of.get(random.nextInt(of.size()));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void noScriptThatIsTakenReachesIt(long seed) throws Exception {
        var random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        int taken = 0;
        var reached = new ArrayList<String>();
        try (var wire = stock.connect()) {
            String address = wire.ask("EVAL", "return tostring(redis.set_repl)", "0");
            assertThat(address).startsWith("function: ");
            for (int i = 0; i < SCRIPTS; i++) {
                var script = scriptOf(random).getBytes(ISO_8859_1);
                var out = Unpooled.buffer();
                RespWriter.command(
                        out,
                        "EVAL".getBytes(UTF_8),
                        script,
                        "0".getBytes(UTF_8),
                        "set_repl".getBytes(UTF_8));
                wire.sendRaw(out);
                boolean reaches = wire.read().contains(address);
                boolean accepted = ScriptCheck.refusal(script) == null;
                taken += accepted ? 1 : 0;
                if (reaches) {
                    String text = new String(script, ISO_8859_1);
                    reached.add(text);
                    assertThat(accepted).as("seed %d reaches it by %s", seed, text).isFalse();
                }
            }
        }
        assertThat(taken).isGreaterThan(SCRIPTS / 50);
        assertThat(reached).hasSizeGreaterThan(SCRIPTS / 50);
    }
}
