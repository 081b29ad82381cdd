package dev.keepsake.tests;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.keepsake.engine.EngineBinary;
import dev.keepsake.resp.CommandSpec;
import dev.keepsake.resp.RecordedCommands;
import dev.keepsake.resp.RespValue;
import dev.keepsake.resp.RespWriter;
import dev.keepsake.server.PortRange;
import dev.keepsake.server.Server;
import dev.keepsake.server.ServerConfig;
import dev.keepsake.server.ServerParts;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Commands that Redis 7.0.15 does not have, before each of the [TestEngines]: they are served as
/// the engine describes them, and unknown where it lacks them.
@Timeout(300)
class EngineCommandsIT {
    private static final Path RECORDED =
            Path.of("../resp/src/test/resources/dev/keepsake/resp/recorded");

    @TempDir static Path directory;
    private static Compared compared;

    @BeforeAll
    static void find() throws Exception {
        compared = new Compared(directory);
    }

    @AfterAll
    static void close() throws Exception {
        compared.close();
    }

    static List<String> engines() {
        return compared.names();
    }

    @Test
    void newerEnginesAreThere() throws Exception {
        assumeFalse(
                TestEngines.newer(directory).isEmpty(),
                "only the bundled engine is compared; tests/engines/fetch brings newer ones");
        assertThat(compared.names()).hasSizeGreaterThan(1);
    }

    /// `-DrecordCommands=true` records the replies anew.
    @ParameterizedTest
    @MethodSource("engines")
    void anEngineDescribesItsCommandsAsItIsRecorded(String engine) throws Exception {
        var reply = compared.of(engine).node().engine().command("COMMAND");
        var rows = new ArrayList<>(((RespValue.ArrayReply) reply).items());
        rows.sort(Comparator.comparing(EngineCommandsIT::name));
        var sorted = Unpooled.buffer();
        RespWriter.value(
                sorted,
                new RespValue.ArrayReply(rows.stream().map(EngineCommandsIT::sorted).toList()));
        if (Boolean.getBoolean("recordCommands")) {
            try (var out =
                    new GZIPOutputStream(
                            Files.newOutputStream(RECORDED.resolve(engine + ".resp.gz")))) {
                out.write(ByteBufUtil.getBytes(sorted));
            }
            return;
        }
        assumeTrue(
                RecordedCommands.engines().contains(engine),
                "nothing is recorded of "
                        + engine
                        + "; -DrecordCommands=true and a line in RecordedCommands do it");
        assertThat(sorted.toString(UTF_8))
                .isEqualTo(RecordedCommands.bytes(engine).toString(UTF_8));
    }

    private static String name(RespValue row) {
        return Wire.show(((RespValue.ArrayReply) row).items().getFirst());
    }

    /// Subcommands come in any order.
    private static RespValue sorted(RespValue row) {
        var columns = new ArrayList<>(((RespValue.ArrayReply) row).items());
        var subcommands = new ArrayList<>(((RespValue.ArrayReply) columns.get(9)).items());
        subcommands.sort(Comparator.comparing(EngineCommandsIT::name));
        columns.set(9, new RespValue.ArrayReply(subcommands));
        return new RespValue.ArrayReply(columns);
    }

    private static boolean has(String engine, String command) throws Exception {
        var asked = compared.of(engine).node().engine().command("COMMAND", "INFO", command);
        return ((RespValue.ArrayReply) asked).items().getFirst() instanceof RespValue.ArrayReply;
    }

    /// Asks one thing after the other.
    ///
    /// @param script lines of a command, `->`, and its reply; each command is of the engine, or not
    private static void serves(String engine, String command, List<String> script)
            throws Exception {
        boolean there = has(engine, command);
        try (var wire = compared.of(engine).node().connect()) {
            wire.ask("FLUSHALL");
            for (var line : script) {
                var parts = line.split(" -> ", 2);
                var asked = parts[0].split(" ", -1);
                boolean ofCommand = asked[0].equalsIgnoreCase(command.split("\\|", 2)[0]);
                String reply = wire.ask(asked);
                if (there || !ofCommand) {
                    assertThat(reply).as("%s: %s", engine, parts[0]).isEqualTo(parts[1]);
                } else {
                    assertThat(reply).as("%s: %s", engine, parts[0]).startsWith("-ERR unknown ");
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("engines")
    void aRankMayComeWithItsScore(String engine) throws Exception {
        try (var wire = compared.of(engine).node().connect()) {
            wire.ask("DEL", "z");
            wire.ask("ZADD", "z", "1.5", "a");
            assertThat(wire.ask("ZRANK", "z", "a", "WITHSCORE"))
                    .isEqualTo(
                            has(engine, "waitaof") // as old as that
                                    ? "[0 1.5]"
                                    : "-ERR wrong number of arguments for 'zrank' command");
        }
    }

    @ParameterizedTest
    @MethodSource("engines")
    void fieldsOfHashesExpire(String engine) throws Exception {
        serves(
                engine,
                "hexpire",
                List.of(
                        "HEXPIRE h 100 FIELDS 1 f -> [-2]",
                        "HEXPIRE h WRONG FIELDS 1 f -> -ERR value is not an integer or out of range"));
        if (!has(engine, "hexpire")) {
            return;
        }
        try (var wire = compared.of(engine).node().connect()) {
            wire.ask("HSET", "h", "f", "v", "g", "w");
            assertThat(wire.ask("HPEXPIRE", "h", "1", "FIELDS", "1", "f")).isEqualTo("[1]");
            Waiting.await("the field is gone", () -> ask(wire, "HGET", "h", "f").equals("nil"));
            assertThat(wire.ask("HTTL", "h", "FIELDS", "1", "g")).isEqualTo("[-1]");
            assertThat(wire.ask("HEXPIRE", "h", "100", "FIELDS", "1", "g")).isEqualTo("[1]");
            assertThat(wire.ask("HPERSIST", "h", "FIELDS", "1", "g")).isEqualTo("[1]");
        }
    }

    private static String ask(Wire wire, String... command) {
        try {
            return wire.ask(command);
        } catch (IOException e) {
            return e.toString();
        }
    }

    @ParameterizedTest
    @MethodSource("engines")
    void aKeyIsDeletedIfItHasAValue(String engine) throws Exception {
        serves(
                engine,
                "delifeq",
                List.of(
                        "SET k v -> OK",
                        "DELIFEQ k w -> 0",
                        "DELIFEQ k v -> 1",
                        "DELIFEQ k v -> 0"));
    }

    @ParameterizedTest
    @MethodSource("engines")
    void manyKeysAreSetWithALifetime(String engine) throws Exception {
        serves(
                engine,
                "msetex",
                List.of(
                        "MSETEX 2 {k}1 v {k}2 w EX 100 -> 1",
                        "MSETEX 2 {k}1 v {x}2 w -> -CROSSSLOT Keys in request don't hash to the same slot"));
    }

    @ParameterizedTest
    @MethodSource("engines")
    void vectorsAreKept(String engine) throws Exception {
        serves(
                engine,
                "vadd",
                List.of("VADD v VALUES 2 1 0 east -> 1", "VADD v VALUES 2 0 1 north -> 1"));
        serves(engine, "vcard", List.of("VCARD none -> 0"));
        if (has(engine, "vsim")) {
            try (var wire = compared.of(engine).node().connect()) {
                wire.ask("VADD", "v", "VALUES", "2", "1", "0", "east");
                wire.ask("VADD", "v", "CAS", "VALUES", "2", "0", "1", "north");
                assertThat(wire.ask("VSIM", "v", "VALUES", "2", "9", "1", "COUNT", "1"))
                        .isEqualTo("[east]");
                assertThat(wire.ask("VREM", "v", "east")).isEqualTo("1");
            }
        }
    }

    /// What precedes it is in the log, and replicas are not there.
    @ParameterizedTest
    @MethodSource("engines")
    void waitaofAnswersAsWaitDoes(String engine) throws Exception {
        serves(
                engine,
                "waitaof",
                List.of(
                        "SET k v -> OK",
                        "WAIT 0 1000 -> 0",
                        "WAITAOF 1 0 1000 -> [1 0]",
                        "WAITAOF 0 0 0 -> [1 0]",
                        "WAITAOF 1 5 1000000 -> [1 0]",
                        "MULTI -> OK"));
        if (has(engine, "waitaof")) {
            try (var wire = compared.of(engine).node().connect()) {
                wire.ask("MULTI");
                wire.ask("SET", "k", "v");
                assertThat(wire.ask("WAITAOF", "1", "0", "0")).isEqualTo("QUEUED");
                assertThat(wire.ask("EXEC")).isEqualTo("[OK [1 0]]");
            }
        }
    }

    /// Reads of such a client do not count, those of others do, also of the one after it.
    @ParameterizedTest
    @MethodSource("engines")
    void aClientMayLeaveTheAgesOfKeysAsTheyAre(String engine) throws Exception {
        boolean there = has(engine, "client|no-touch");
        var node = compared.of(engine).node();
        node.engine().command("CONFIG", "SET", "maxmemory-policy", "allkeys-lfu");
        node.engine().command("CONFIG", "SET", "lfu-log-factor", "0");
        try (var quiet = node.connect();
                var loud = node.connect()) {
            if (!there) {
                assertThat(quiet.ask("CLIENT", "NO-TOUCH", "ON"))
                        .startsWith("-ERR unknown subcommand");
                return;
            }
            quiet.ask("SET", "k", "v");
            int before = frequency(loud);
            assertThat(quiet.ask("CLIENT", "NO-TOUCH", "WRONG")).isEqualTo("-ERR syntax error");
            assertThat(quiet.ask("CLIENT", "NO-TOUCH", "ON")).isEqualTo("OK");
            assertThat(quiet.ask("CLIENT", "INFO")).contains(" flags=T ");
            for (int i = 0; i < 20; i++) {
                assertThat(quiet.ask("GET", "k")).isEqualTo("v");
            }
            assertThat(frequency(loud)).isEqualTo(before);
            assertThat(loud.ask("CLIENT", "INFO")).contains(" flags=N ");
            for (int i = 0; i < 20; i++) {
                loud.ask("GET", "k");
            }
            int touched = frequency(loud);
            assertThat(touched).isGreaterThan(before);
            assertThat(quiet.ask("CLIENT", "NO-TOUCH", "OFF")).isEqualTo("OK");
            quiet.ask("WATCH", "k"); // over the lane that it had
            for (int i = 0; i < 20; i++) {
                quiet.ask("GET", "k");
            }
            assertThat(frequency(loud)).isGreaterThan(touched);
        } finally {
            node.engine().command("CONFIG", "SET", "maxmemory-policy", "noeviction");
        }
    }

    private static int frequency(Wire wire) throws IOException {
        return Integer.parseInt(wire.ask("OBJECT", "FREQ", "k"));
    }

    @ParameterizedTest
    @MethodSource("engines")
    void aClientSaysWhatItCanDo(String engine) throws Exception {
        serves(
                engine,
                "client|capa",
                List.of("CLIENT CAPA redirect -> OK", "CLIENT CAPA unheard-of -> OK"));
        serves(
                engine,
                "client|import-source",
                List.of(
                        "CLIENT IMPORT-SOURCE OFF -> OK",
                        "CLIENT IMPORT-SOURCE ON -> -ERR Server is not in import mode"));
    }

    /// What the front asks of the engine is not there.
    @ParameterizedTest
    @MethodSource("engines")
    void theCommandLogTellsOfClientsAlone(String engine) throws Exception {
        boolean there = has(engine, "commandlog");
        var node = compared.of(engine).node();
        try (var wire = node.connect()) {
            if (!there) {
                assertThat(wire.ask("COMMANDLOG", "LEN", "slow"))
                        .startsWith("-ERR unknown command 'COMMANDLOG'");
                return;
            }
            node.engine().command("CONFIG", "SET", "commandlog-execution-slower-than", "0");
            try {
                assertThat(wire.ask("COMMANDLOG", "RESET", "slow")).isEqualTo("OK");
                wire.ask("SET", "logged", "v");
                assertThat(wire.ask("COMMANDLOG", "GET", "-1", "slow"))
                        .contains("[SET logged v]")
                        .doesNotContain("ROLE");
                assertThat(wire.ask("COMMANDLOG", "GET", "1", "large-reply")).isEqualTo("[]");
                assertThat(wire.ask("COMMANDLOG", "GET", "1", "wrong")).startsWith("-ERR ");
                assertThat(Integer.parseInt(wire.ask("COMMANDLOG", "LEN", "slow"))).isPositive();
            } finally {
                node.engine().command("CONFIG", "SET", "commandlog-execution-slower-than", "-1");
            }
        }
    }

    @ParameterizedTest
    @MethodSource("engines")
    void slotsHaveTheirKeysCounted(String engine) throws Exception {
        serves(
                engine,
                "cluster|slot-stats",
                List.of(
                        "SET foo v -> OK",
                        "SET {foo}2 v -> OK",
                        "SET bar v -> OK",
                        "CLUSTER SLOT-STATS ORDERBY key-count LIMIT 2 -> [[12182 [key-count 2]] [5061 [key-count 1]]]",
                        "CLUSTER SLOT-STATS ORDERBY key-count LIMIT 1 ASC -> [[0 [key-count 0]]]",
                        "CLUSTER SLOT-STATS SLOTSRANGE 5060 5061 -> [[5060 [key-count 0]] [5061 [key-count 1]]]"));
    }

    /// They are for who runs a cluster by hand.
    @ParameterizedTest
    @MethodSource("engines")
    void whatMovesSlotsIsWithheld(String engine) throws Exception {
        try (var wire = compared.of(engine).node().connect()) {
            for (var line :
                    List.of(
                            "CLUSTER MIGRATESLOTS SLOTSRANGE 0 1 NODE n",
                            "CLUSTER CANCELSLOTMIGRATIONS",
                            "CLUSTER GETSLOTMIGRATIONS",
                            "CLUSTER SYNCSLOTS FINISH",
                            "CLUSTER FLUSHSLOT 1",
                            "CLUSTER MIGRATION STATUS ALL",
                            "CLUSTER SETSLOT 1 STABLE",
                            "SFLUSH 0 16383",
                            "MIGRATE h 1 k 0 1",
                            "CONFIG GET maxmemory")) {
                assertThat(wire.ask(line.split(" ", -1))).as(line).startsWith("-ERR unknown ");
            }
        }
    }

    @ParameterizedTest
    @MethodSource("engines")
    void aNodeSaysWhichEngineRunsAsAStockServerDoes(String engine) throws Exception {
        var binary = compared.engine(engine);
        var pair = compared.of(engine);
        try (var here = pair.node().connect();
                var there = pair.stock().connect()) {
            for (var protocol : List.of("2", "3")) {
                var hello = here.ask("HELLO", protocol).replaceAll(" id \\d+", "");
                assertThat(hello)
                        .contains("server " + nameInHello(binary), "version " + binary.version());
                assertThat(hello)
                        .isEqualTo(there.ask("HELLO", protocol).replaceAll(" id \\d+", ""));
            }
            assertThat(names(here.ask("CLIENT", "INFO")))
                    .containsAll(names(there.ask("CLIENT", "INFO")))
                    .containsSequence("id", "addr", "laddr");
            assertThat(saidOfTheProgram(here)).isEqualTo(saidOfTheProgram(there));
            assertThat(here.ask("LOLWUT")).contains(" ver. " + binary.version());
        }
    }

    private static String nameInHello(EngineBinary binary) {
        return binary.version().startsWith("7.2.") ? "redis" : binary.name(); // Valkey's, too
    }

    /// From the records to the wire: a cluster's nodes have the table of what they run.
    @ParameterizedTest
    @MethodSource("engines")
    void aClusterHasTheCommandsOfItsEngine(String engine) throws Exception {
        var binary = compared.engine(engine);
        var ports = FreePorts.next(4);
        var config =
                new ServerConfig(
                        "127.0.0.1",
                        0,
                        directory.resolve(engine).resolve("data"),
                        new PortRange(ports.first(), ports.last() - 1),
                        binary.path(),
                        TestServer.tuning());
        try (var server = Server.start(config, ServerParts.standard());
                var api = new Api(server.endpoint())) {
            var cluster = api.create("own", 1, 0, ports.last(), Map.of());
            try (var wire = Wire.to(cluster.shards().getFirst().nodes().getFirst())) {
                assertThat(wire.ask("HELLO"))
                        .contains("server " + nameInHello(binary), "version " + binary.version());
                assertThat(wire.ask("SET", "k", "v")).isEqualTo("OK");
                String rank = wire.ask("ZRANK", "none", "m", "WITHSCORE");
                String waited = wire.ask("WAITAOF", "1", "0", "0");
                if (has(engine, "waitaof")) {
                    assertThat(List.of(rank, waited)).containsExactly("nil", "[1 0]");
                } else {
                    assertThat(List.of(rank, waited)).allMatch(reply -> reply.startsWith("-ERR "));
                }
            }
        }
    }

    /// As a stock server explains them, and nothing of what is withheld.
    @ParameterizedTest
    @MethodSource("engines")
    void clusterHelpIsThatOfTheEngine(String engine) throws Exception {
        var pair = compared.of(engine);
        try (var here = pair.node().connect();
                var there = pair.stock().connect()) {
            var expected = new ArrayList<String>();
            boolean offered = true;
            for (var line : lines(there)) {
                if (!line.startsWith(" ")) {
                    var name = line.split(" ", -1)[0].toLowerCase(Locale.ROOT);
                    offered = expected.isEmpty() || isOffered(pair.node(), "cluster|" + name);
                }
                if (offered) {
                    expected.add(line);
                }
            }
            assertThat(expected).hasSizeGreaterThan(20);
            var told = new ArrayList<>(lines(here));
            if (!has(engine, "cluster|myshardid")) { // which fronts answer all the same
                int own = told.indexOf("MYSHARDID");
                told.subList(own, own + 2).clear();
            }
            assertThat(told).isEqualTo(expected);
            assertThat(told)
                    .noneMatch(line -> line.matches("(ADD|DEL|FLUSH|MIGRATE)SLOT.*|MEET.*"));
        }
    }

    private static boolean isOffered(ServedNode node, String command) {
        var spec = node.commands().find(command);
        return spec != null && spec.handling() != CommandSpec.Handling.WITHHELD;
    }

    private static List<String> lines(Wire wire) throws IOException {
        wire.send("CLUSTER", "HELP");
        return ((RespValue.ArrayReply) wire.readValue()).items().stream().map(Wire::show).toList();
    }

    private static List<String> names(String line) {
        return List.of(line.strip().split(" ", -1)).stream()
                .map(field -> field.substring(0, field.indexOf('=')))
                .toList();
    }

    private static List<String> saidOfTheProgram(Wire wire) throws IOException {
        return wire.ask("INFO", "server")
                .lines()
                .filter(line ->
                        line.matches(
                                "(redis|valkey|server)_(version|mode|name|release_stage|build_id):.*"))
                .toList();
    }
}
