package dev.keepsake.front;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The answers of a node while it loads: the answers of a Redis that is loading and has served
/// nothing yet.
class LoadingAnswersTest {
    @RegisterExtension static final TestFront node = new TestFront();
    @RegisterExtension static final TestFront valkey = new TestFront(TestFront.VALKEY);

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    ECHO x | $1 x
                    TIME | *2 $10 1700000000 $6 123000
                    LASTSAVE | :1700000000
                    UNWATCH | +OK
                    SLOWLOG GET | *0
                    SLOWLOG GET -1 | *0
                    SLOWLOG GET -2 | -ERR count should be greater than or equal to -1
                    SLOWLOG GET x | -ERR value is not an integer or out of range
                    SLOWLOG GET 1 2 | -ERR unknown subcommand or wrong number of arguments for 'GET'. Try SLOWLOG HELP.
                    SLOWLOG LEN | :0
                    SLOWLOG RESET | +OK
                    LATENCY LATEST | *0
                    LATENCY HISTORY x | *0
                    LATENCY RESET | :0
                    LATENCY HISTOGRAM | *0
                    LATENCY GRAPH fork | -ERR No samples available for event 'fork'
                    PUBSUB CHANNELS | *0
                    PUBSUB NUMPAT | :0
                    PUBSUB NUMSUB | *0
                    PUBSUB NUMSUB a b | *4 $1 a :0 $1 b :0
                    PUBSUB SHARDCHANNELS | *0
                    PUBSUB SHARDNUMSUB a | *2 $1 a :0
                    CLIENT CACHING YES | -ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled
                    CLIENT TRACKINGINFO | *6 $5 flags *1 $3 off $8 redirect :-1 $8 prefixes *0
                    ACL GENPASS x | -ERR value is not an integer or out of range
                    ACL GENPASS 1 2 | -ERR unknown subcommand or wrong number of arguments for 'GENPASS'. Try ACL HELP.
                    """)
    void commandsWithoutDataAreAnswered(String line, String answer) throws Exception {
        assertThat(node.answer(line)).isEqualTo(answer);
    }

    /// Valkey's name for it since 8.1; the kind stands behind the count.
    @ParameterizedTest
    @CsvSource({
        "COMMANDLOG GET 5 slow, *0",
        "COMMANDLOG LEN large-reply, :0",
        "COMMANDLOG RESET slow, +OK",
        "COMMANDLOG GET x slow, -ERR value is not an integer or out of range"
    })
    void theLogsOfValkeyAreEmptyToo(String line, String answer) throws Exception {
        assertThat(valkey.answer(line)).isEqualTo(answer);
    }

    @Test
    void theShapesFollowTheVersionOfResp() throws Exception {
        var answers =
                node.answers(
                        "HELLO 3", "CLIENT TRACKINGINFO", "LATENCY HISTOGRAM", "INFO persistence");
        assertThat(answers.get(1))
                .isEqualTo("%3 $5 flags ~1 $3 off $8 redirect :-1 $8 prefixes *0");
        assertThat(answers.get(2)).isEqualTo("%0");
        assertThat(answers.get(3)).startsWith("=").contains(" txt:# Persistence loading:1 ");
    }

    // ---- INFO

    @Test
    void infoShowsTheNodeAndThatItIsLoading() throws Exception {
        assertThat(node.answer("INFO"))
                .contains("# Server redis_version:7.0.15 redis_mode:cluster tcp_port:6379 ")
                .containsPattern(
                        "# Clients connected_clients:[1-9]\\d* maxclients:65000 blocked_clients:0 ")
                .contains("# Persistence loading:1 async_loading:0 ")
                .contains("# Replication role:master connected_slaves:1 ")
                .contains("# Cluster cluster_enabled:1 ")
                .endsWith("# Keyspace");
    }

    @ParameterizedTest
    @CsvSource({
        "INFO Cluster, # Cluster cluster_enabled:1",
        "INFO keyspace CLUSTER, # Cluster cluster_enabled:1 # Keyspace",
        "INFO nosuch, ''"
    })
    void infoHasTheRequestedSections(String line, String answer) throws Exception {
        assertThat(node.answer(line).replaceAll("^\\$\\d+ ?", "").replace("  ", " "))
                .isEqualTo(answer);
    }

    @ParameterizedTest
    @ValueSource(strings = {"INFO all", "INFO default", "INFO EVERYTHING", "INFO cluster all"})
    void infoHasAllSectionsByTheNamesForAll(String line) throws Exception {
        var sections = Pattern.compile("# \\w+").matcher(node.answer(line)).results();
        assertThat(sections.map(MatchResult::group))
                .containsExactly(
                        "# Server",
                        "# Clients",
                        "# Persistence",
                        "# Replication",
                        "# Cluster",
                        "# Keyspace");
    }

    // ---- ACL GENPASS

    @ParameterizedTest
    @CsvSource({"'', 64", "' 256', 64", "' 5', 2", "' 1', 1", "' 4096', 1024"})
    void aPasswordHasTheRequestedBits(String bits, int digits) throws Exception {
        var answers = node.answers("ACL GENPASS" + bits, "ACL GENPASS" + bits);
        assertThat(answers.getFirst()).matches("\\$%d [0-9a-f]{%d}".formatted(digits, digits));
        if (digits > 2) {
            assertThat(answers.get(1)).isNotEqualTo(answers.getFirst());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "4097"})
    void aPasswordHasBounds(String bits) throws Exception {
        assertThat(node.answer("ACL GENPASS " + bits))
                .isEqualTo(
                        "-ERR ACL GENPASS argument must be the number of bits for the output"
                                + " password, a positive number up to 4096");
    }

    // ---- everything else

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET k",
                "SET k v",
                "MGET {k}1 {k}2",
                "DBSIZE",
                "PING",
                "SCRIPT LOAD x",
                "FUNCTION LIST",
                "EVAL x 0",
                "COMMAND",
                "CLUSTER COUNTKEYSINSLOT 1",
                "CLIENT TRACKING ON",
                "MEMORY DOCTOR"
            })
    void commandsThatNeedAnEngineAreRefusedAsInRedis(String line) throws Exception {
        assertThat(node.answer(line)).isEqualTo("-LOADING Redis is loading the dataset in memory");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CLIENT ID",
                "CLUSTER SLOTS",
                "CLUSTER MYID",
                "ROLE",
                "READONLY",
                "SELECT 0",
                "ACL WHOAMI",
                "RESET",
                "HELLO 3"
            })
    void commandsThatTheFrontAnswersAreAnsweredAsUsual(String line) throws Exception {
        assertThat(node.answer(line)).doesNotStartWith("-");
    }

    /// Changes of the keys cannot be seen, so the transaction is not executed.
    @Test
    void keysThatWereWatchedWhileTheNodeLoadedCountAsChanged() throws Exception {
        try (var other = new TestFront();
                var client = other.connect()) {
            assertThat(client.ask("WATCH k")).isEqualTo("+OK");
            other.serveDurably();
            assertThat(client.ask("MULTI")).isEqualTo("+OK");
            other.engine.on("set", "+QUEUED\r\n");
            assertThat(client.ask("SET k v")).isEqualTo("+QUEUED");
            assertThat(client.ask("EXEC")).isEqualTo("*-1");
            assertThat(other.engine.asked("EXEC")).as("nothing was executed").isEmpty();
        }
    }

    @Test
    void aTransactionThatBeganWhileTheNodeLoadedFails() throws Exception {
        assertThat(node.answers("MULTI", "SET k v", "EXEC", "GET k"))
                .containsExactly(
                        "+OK",
                        "-LOADING Redis is loading the dataset in memory",
                        "-EXECABORT Transaction discarded because of previous errors.",
                        "-LOADING Redis is loading the dataset in memory");
    }

    // ---- rights

    /// An engine knows which commands a user may give, and no engine has answered yet.
    @Test
    void aUserWithUncheckedRulesIsRefused() throws Exception {
        try (var other = new TestFront();
                var client = other.connect()) {
            var admitted = new CountDownLatch(1);
            var restricted =
                    new AccessUser("default", true, true, Set.of(), false, "on ~* -@all +get");
            other.front.permit(List.of(restricted), admitted::countDown);
            assertThat(admitted.await(60, TimeUnit.SECONDS)).isTrue();
            for (var line : List.of("ECHO x", "INFO", "WATCH k", "PUBLISH c m", "CLIENT LIST")) {
                assertThat(client.ask(line)).as(line).startsWith("-LOADING ");
            }
        }
    }
}
