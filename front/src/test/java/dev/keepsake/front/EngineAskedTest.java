package dev.keepsake.front;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The front's questions to its engine for a client. [HeldRowsTest] checks that the answers wait.
class EngineAskedTest {
    private static final String NAMESAKE = "default:clients";

    @RegisterExtension static final TestFront node = TestFront.servingPrimary();

    @RegisterExtension static final TestFront valkey = TestFront.servingPrimary(TestFront.VALKEY);

    // ---- keys of a slot

    /// Answers SCAN in steps.
    @SafeVarargs
    private static void scan(ScriptedEngine engine, List<String>... steps) {
        engine.on(
                "scan",
                line -> {
                    int step = Integer.parseInt(line.split(" ", -1)[1]);
                    String next = step + 1 == steps.length ? "0" : "" + (step + 1);
                    String keys =
                            steps[step].stream()
                                    .map(key -> "$%d\r\n%s\r\n".formatted(key.length(), key))
                                    .collect(Collectors.joining());
                    return "*2\r\n$%d\r\n%s\r\n*%d\r\n%s"
                            .formatted(next.length(), next, steps[step].size(), keys);
                });
    }

    private static List<String> keys(String tag, int from, int to) {
        return IntStream.range(from, to).mapToObj(i -> "{" + tag + "}" + i).toList();
    }

    @Test
    void theKeysOfOneSlotAreCountedThroughAllSteps() throws Exception {
        scan(node.engine, keys("b", 0, 3), List.of(), keys("a", 0, 5), keys("b", 3, 5));
        assertThat(node.answer("CLUSTER COUNTKEYSINSLOT 3300")).isEqualTo(":5");
        assertThat(node.answer("CLUSTER COUNTKEYSINSLOT 15495")).isEqualTo(":5");
        assertThat(node.answer("CLUSTER COUNTKEYSINSLOT 1")).isEqualTo(":0");
        assertThat(node.engine.asked("SCAN").subList(0, 4))
                .containsExactly(
                        "SCAN 0 COUNT 1000",
                        "SCAN 1 COUNT 1000",
                        "SCAN 2 COUNT 1000",
                        "SCAN 3 COUNT 1000");
    }

    /// SCAN returns a key twice when the engine's table shrinks.
    @Test
    void aKeyThatIsFoundTwiceCountsOnce() throws Exception {
        scan(node.engine, keys("b", 0, 3), keys("b", 1, 4), keys("b", 0, 4));
        assertThat(node.answer("CLUSTER COUNTKEYSINSLOT 3300")).isEqualTo(":4");
        assertThat(node.answer("CLUSTER GETKEYSINSLOT 3300 10"))
                .isEqualTo("*4 $4 {b}0 $4 {b}1 $4 {b}2 $4 {b}3");
    }

    @Test
    void theScanEndsOnceThereAreEnoughKeys() throws Exception {
        scan(node.engine, keys("b", 0, 2), keys("b", 2, 9), keys("b", 9, 12));
        assertThat(node.answer("CLUSTER GETKEYSINSLOT 3300 3"))
                .isEqualTo("*3 $4 {b}0 $4 {b}1 $4 {b}2");
        assertThat(node.engine.asked("SCAN")).hasSize(2);
        assertThat(node.answer("CLUSTER GETKEYSINSLOT 3300 0")).isEqualTo("*0");
    }

    @Test
    void theErrorOfABusyEngineIsPassedOn() throws Exception {
        node.engine.on("scan", "-BUSY Redis is busy\r\n");
        for (var line : List.of("COUNTKEYSINSLOT 1", "GETKEYSINSLOT 1 1")) {
            assertThat(node.answer("CLUSTER " + line)).isEqualTo("-BUSY Redis is busy");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "COUNTKEYSINSLOT 16384, -ERR Invalid slot",
        "COUNTKEYSINSLOT -1, -ERR Invalid slot",
        "COUNTKEYSINSLOT x, -ERR value is not an integer or out of range",
        "GETKEYSINSLOT 16384 1, -ERR Invalid slot or number of keys",
        "GETKEYSINSLOT 1 -1, -ERR Invalid slot or number of keys",
        "GETKEYSINSLOT 1 x, -ERR value is not an integer or out of range"
    })
    void anInvalidSlotIsRefused(String line, String error) throws Exception {
        assertThat(node.answer("CLUSTER " + line)).isEqualTo(error);
        assertThat(node.engine.asked("SCAN")).isEmpty();
    }

    @Test
    void slotStatsCountsTheKeysOfEachSlot() throws Exception {
        scan(valkey.engine, keys("b", 0, 2), keys("a", 0, 3));
        assertThat(valkey.answer("CLUSTER SLOT-STATS ORDERBY key-count LIMIT 2"))
                .isEqualTo("*2 *2 :15495 *2 $9 key-count :3 *2 :3300 *2 $9 key-count :2");
        valkey.engine.on("scan", "-BUSY Redis is busy\r\n");
        assertThat(valkey.answer("CLUSTER SLOT-STATS SLOTSRANGE 0 0"))
                .isEqualTo("-BUSY Redis is busy");
        assertThat(valkey.answer("CLUSTER SLOT-STATS SLOTSRANGE 1 0"))
                .startsWith("-ERR Start slot");
    }

    // ---- CLIENT UNBLOCK

    @Test
    void aClientThatWaitsIsUnblockedByTheEnginesNumberOfItsLane() throws Exception {
        node.engine.on("client id", ":77\r\n");
        node.engine.on("client unblock", ":1\r\n");
        node.engine.on("blpop", "");
        try (var blocked = node.connect();
                var other = node.connect()) {
            String id = blocked.ask("CLIENT ID").substring(1);
            blocked.send("BLPOP", "k", "0");
            TestFront.await(
                    "its lane is known",
                    () -> other.ask("CLIENT UNBLOCK %s ERROR".formatted(id)).equals(":1"));
            assertThat(other.ask("CLIENT UNBLOCK " + id)).isEqualTo(":1");
            assertThat(node.engine.asked("CLIENT UNBLOCK"))
                    .containsExactly("CLIENT UNBLOCK 77 ERROR", "CLIENT UNBLOCK 77 timeout");
        }
    }

    /// The engine has connections with other numbers, and no client may end their waits.
    @ParameterizedTest
    @ValueSource(strings = {"999999", "0", "-1", "7"})
    void aClientThatDoesNotWaitIsNotUnblocked(String id) throws Exception {
        assertThat(node.answer("CLIENT UNBLOCK " + id)).isEqualTo(":0");
        assertThat(node.engine.asked("CLIENT UNBLOCK")).isEmpty();
    }

    @Test
    void tooManyArgumentsAreRefusedWhereTheEngineRefusesThem() throws Exception {
        assertThat(node.answer("CLIENT UNBLOCK 1 ERROR x"))
                .startsWith("-ERR unknown subcommand or wrong number of arguments for 'UNBLOCK'");
        assertThat(valkey.answer("CLIENT UNBLOCK 1 ERROR x")).isEqualTo(":0");
    }

    // ---- ACL DRYRUN

    @Test
    void aDryRunAsksForTheNamesakeAndShowsTheUser() throws Exception {
        assertThat(node.answer("ACL DRYRUN default GET k")).isEqualTo("+OK");
        assertThat(node.engine.asked("ACL DRYRUN"))
                .containsExactly("ACL DRYRUN default:clients GET k");
        String why = "User %s has no permissions to run the 'get' command";
        String inEngine = why.formatted(NAMESAKE);
        node.engine.on("acl dryrun", "$%d\r\n%s\r\n".formatted(inEngine.length(), inEngine));
        assertThat(node.answer("ACL DRYRUN default GET k"))
                .endsWith(" " + why.formatted("default"));
        node.engine.on("acl dryrun", "-ERR wrong number of arguments for 'get' command\r\n");
        assertThat(node.answer("ACL DRYRUN default GET"))
                .isEqualTo("-ERR wrong number of arguments for 'get' command");
    }

    /// The engine's own users are namesakes, and a withheld command does not exist.
    @ParameterizedTest
    @CsvSource({
        "ACL DRYRUN nosuch GET k, -ERR User 'nosuch' not found",
        "ACL DRYRUN default:clients GET k, -ERR User 'default:clients' not found",
        "ACL DRYRUN default NOSUCH, -ERR Command 'NOSUCH' not found",
        "ACL DRYRUN default DEBUG SEGFAULT, -ERR Command 'DEBUG' not found",
        "ACL DRYRUN default ACL SETUSER ann, -ERR Command 'ACL' not found"
    })
    void anUnknownUserOrCommandIsNotFoundInADryRun(String line, String error) throws Exception {
        assertThat(node.answer(line)).isEqualTo(error);
        assertThat(node.engine.asked("ACL DRYRUN")).isEmpty();
    }

    /// The front refuses its own commands; the engine does not know that.
    @Test
    void aCommandThatTheFrontRefusesIsRefusedInADryRunToo() throws Exception {
        try (var other = new TestFront()) {
            String why = "This user has no permissions to run the 'client|kill' command";
            other.engine.on(
                    "acl dryrun",
                    line ->
                            line.startsWith("ACL DRYRUN example:clients client kill")
                                    ? "$%d\r\n%s\r\n".formatted(why.length(), why)
                                    : "+OK\r\n");
            other.serveDurably();
            var admitted = new CountDownLatch(1);
            other.front.permit(
                    List.of(
                            new AccessUser(
                                    "default", true, true, Set.of(), false, "on ~* +@all -@x")),
                    admitted::countDown);
            assertThat(admitted.await(60, TimeUnit.SECONDS)).isTrue();
            assertThat(other.answer("ACL DRYRUN default CLIENT KILL x")).endsWith(" " + why);
            assertThat(other.answer("ACL DRYRUN default CLIENT ID")).isEqualTo("+OK");
            assertThat(other.answer("CLIENT KILL x"))
                    .isEqualTo(
                            "-NOPERM this user has no permissions to run the 'client|kill' command");
        }
    }

    // ---- without an engine

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CLUSTER COUNTKEYSINSLOT 1",
                "CLUSTER GETKEYSINSLOT 1 1",
                "ACL DRYRUN default GET k"
            })
    void aNodeThatLoadsAnswersThatItIsLoading(String line) throws Exception {
        try (var loading = new TestFront()) {
            assertThat(loading.answer(line)).startsWith("-LOADING ");
        }
    }
}
