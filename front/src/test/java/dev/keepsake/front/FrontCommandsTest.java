package dev.keepsake.front;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What a node says about itself and about the users of its clients, as Redis 7.0 does in a
/// cluster.
class FrontCommandsTest {
    /// The SHA-256 of `secret`.
    private static final String SECRET =
            "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";

    @RegisterExtension static final TestFront primary = TestFront.servingPrimary();
    @RegisterExtension static final TestFront replica = TestFront.replica();

    @RegisterExtension static final TestFront valkey = TestFront.servingPrimary(TestFront.VALKEY);

    @AfterEach
    void permitDefaultOnly() throws Exception {
        permit(AccessUser.unrestrictedDefault());
    }

    private static void permit(AccessUser... users) throws Exception {
        var admitted = new CountDownLatch(1);
        primary.front.permit(List.of(users), admitted::countDown);
        assertThat(admitted.await(60, TimeUnit.SECONDS)).isTrue();
    }

    private static AccessUser withPassword(String name) {
        return new AccessUser(name, true, false, Set.of(SECRET), false, "on ~* &* +@all");
    }

    // ---- HELLO

    @Test
    void helloAnswersInTheNewVersionOfResp() throws Exception {
        String told =
                "%s $6 server $5 redis $7 version $6 7.0.15 $5 proto :%d $2 id :%s $4 mode"
                        + " $7 cluster $4 role $6 master $7 modules *0";
        try (var client = primary.connect()) {
            String id = client.ask("CLIENT ID").substring(1);
            assertThat(client.ask("HELLO")).isEqualTo(told.formatted("*14", 2, id));
            assertThat(client.ask("HELLO 3")).isEqualTo(told.formatted("%7", 3, id));
            assertThat(client.ask("HELLO")).startsWith("%7");
            assertThat(client.ask("CLIENT GETNAME")).isEqualTo("_");
            assertThat(client.ask("HELLO 2")).startsWith("*14");
        }
        assertThat(replica.answer("HELLO")).contains("$4 role $7 replica");
        assertThat(valkey.answer("HELLO")).contains("$6 server $6 valkey $7 version $5 9.1.2");
    }

    @ParameterizedTest
    @CsvSource({
        "HELLO 1, -NOPROTO unsupported protocol version",
        "HELLO 4, -NOPROTO unsupported protocol version",
        "HELLO -3, -NOPROTO unsupported protocol version",
        "HELLO x, -ERR Protocol version is not an integer or out of range",
        "HELLO 3 AUTH default, -ERR Syntax error in HELLO option 'AUTH'",
        "HELLO 3 SETNAME, -ERR Syntax error in HELLO option 'SETNAME'",
        "HELLO 3 NoSuch, -ERR Syntax error in HELLO option 'NoSuch'",
        "HELLO 3 AUTH nosuch x, -WRONGPASS invalid username-password pair or user is disabled."
    })
    void aHelloThatFailsDoesNotChangeTheVersion(String hello, String error) throws Exception {
        try (var client = primary.connect()) {
            assertThat(client.ask(hello)).isEqualTo(error);
            assertThat(client.ask("CLIENT GETNAME")).as("in RESP2").isEqualTo("$-1");
        }
    }

    /// One option after the other, as in Redis.
    @Test
    void theOptionsBeforeAnErrorInHelloTakeEffect() throws Exception {
        try (var client = primary.connect()) {
            assertThat(client.ask("HELLO 3 SETNAME ann NOSUCH")).startsWith("-ERR Syntax error");
            assertThat(client.ask("CLIENT GETNAME")).isEqualTo("$3 ann");
            client.send("HELLO", "3", "SETNAME", "a b");
            assertThat(client.read()).startsWith("-ERR Client names cannot contain spaces");
        }
    }

    @Test
    void helloLogsInOrRequiresALogin() throws Exception {
        permit(withPassword("default"), withPassword("ann"));
        try (var client = primary.connect()) {
            assertThat(client.ask("HELLO 3"))
                    .startsWith("-NOAUTH HELLO must be called with the client already");
            assertThat(client.ask("GET k")).isEqualTo("-NOAUTH Authentication required.");
            assertThat(client.ask("HELLO 3 AUTH ann wrong")).startsWith("-WRONGPASS ");
            assertThat(client.ask("HELLO 3 AUTH ann secret SETNAME x")).startsWith("%7");
            assertThat(client.ask("ACL WHOAMI")).isEqualTo("$3 ann");
        }
    }

    // ---- AUTH

    @Test
    void authLogsInAsDefaultOrAsTheNamedUser() throws Exception {
        permit(withPassword("default"), withPassword("ann"));
        try (var client = primary.connect()) {
            assertThat(client.ask("AUTH wrong")).startsWith("-WRONGPASS ");
            assertThat(client.ask("AUTH secret")).isEqualTo("+OK");
            assertThat(client.ask("ACL WHOAMI")).isEqualTo("$7 default");
            assertThat(client.ask("AUTH ann secret")).isEqualTo("+OK");
            assertThat(client.ask("AUTH default wrong")).startsWith("-WRONGPASS ");
            assertThat(client.ask("ACL WHOAMI"))
                    .as("a failure changes nothing")
                    .isEqualTo("$3 ann");
            assertThat(client.ask("AUTH a b c")).isEqualTo("-ERR syntax error");
        }
    }

    @Test
    void authWithoutANameNeedsADefaultUserWithAPassword() throws Exception {
        assertThat(primary.answer("AUTH x"))
                .isEqualTo(
                        "-ERR AUTH <password> called without any password configured for the default"
                                + " user. Are you sure your configuration is correct?");
    }

    @Test
    void theHashInThisTestBelongsToItsPassword() throws Exception {
        var digest = java.security.MessageDigest.getInstance("SHA-256");
        assertThat(
                        HexFormat.of()
                                .formatHex(
                                        digest.digest(new byte[] {'s', 'e', 'c', 'r', 'e', 't'})))
                .isEqualTo(SECRET);
    }

    @Test
    void resetReturnsTheConnectionToItsFirstState() throws Exception {
        permit(AccessUser.unrestrictedDefault(), withPassword("ann"));
        try (var client = primary.connect()) {
            assertThat(client.ask("HELLO 3 AUTH ann secret SETNAME x")).startsWith("%7");
            assertThat(client.ask("READONLY")).isEqualTo("+OK");
            assertThat(client.ask("CLIENT INFO")).contains(" name=x ").contains(" flags=r ");
            assertThat(client.ask("RESET")).isEqualTo("+RESET");
            assertThat(client.ask("CLIENT INFO"))
                    .startsWith("$")
                    .contains(" name= ")
                    .contains(" flags=N ")
                    .contains(" user=default ");
        }
    }

    @Test
    void quitAnswersAndCloses() throws Exception {
        try (var client = primary.connect()) {
            assertThat(client.ask("QUIT")).isEqualTo("+OK");
            assertThat(client.read()).isEqualTo(SocketClient.CLOSED);
        }
    }

    @Test
    void readsFromReplicasAreAcceptedFromReadonlyToReadwrite() throws Exception {
        try (var client = replica.connect()) {
            assertThat(client.ask("GET k")).isEqualTo("-MOVED 7629 10.0.0.1:6379");
            assertThat(client.ask("READONLY")).isEqualTo("+OK");
            assertThat(client.ask("GET k")).isEqualTo("+OK");
            assertThat(client.ask("READWRITE")).isEqualTo("+OK");
            assertThat(client.ask("GET k")).startsWith("-MOVED ");
        }
    }

    // ---- WAIT

    /// The preceding commands are in the log, from which every replica reads them.
    @Test
    void waitCountsTheReplicasThatServe() throws Exception {
        assertThat(primary.answer("WAIT 5 0")).isEqualTo(":1");
        assertThat(valkey.answer("WAITAOF 1 1 0")).isEqualTo("*2 :1 :1");
    }

    @ParameterizedTest
    @CsvSource({
        "WAIT x 0, -ERR value is not an integer or out of range",
        "WAIT 1 x, -ERR timeout is not an integer or out of range",
        "WAIT 1 -1, -ERR timeout is negative",
        "WAITAOF x 0 0, -ERR value is not an integer or out of range",
        "WAITAOF 2 0 0, '-ERR value is out of range, value must between 0 and 1'",
        "WAITAOF -1 0 0, '-ERR value is out of range, value must between 0 and 1'",
        "WAITAOF 1 x 0, -ERR value is not an integer or out of range",
        "WAITAOF 1 -1 0, '-ERR value is out of range, must be positive'",
        "WAITAOF 1 1 x, -ERR timeout is not an integer or out of range",
        "WAITAOF 1 1 -1, -ERR timeout is negative"
    })
    void malformedWaitsAreRefused(String line, String error) throws Exception {
        assertThat(valkey.answer(line)).isEqualTo(error);
    }

    @Test
    void aReplicaRefusesWait() throws Exception {
        assertThat(replica.answer("WAIT 0 0"))
                .startsWith("-ERR WAIT cannot be used with replica instances.");
    }

    // ---- ROLE and SELECT

    @Test
    void roleNamesTheOtherNodesOfTheShard() throws Exception {
        assertThat(valkey.answer("ROLE"))
                .matches("\\*3 \\$6 master :\\d+ \\*1 \\*3 \\$8 10\\.0\\.0\\.1 \\$4 6379 \\$1 0");
        assertThat(replica.answer("ROLE"))
                .isEqualTo("*5 $5 slave $8 10.0.0.1 :6379 $9 connected :0");
    }

    @Test
    void onlyTheFirstDatabaseCanBeSelected() throws Exception {
        assertThat(primary.answers("SELECT 0", "SELECT 1", "SELECT x"))
                .containsExactly(
                        "+OK",
                        "-ERR SELECT is not allowed in cluster mode",
                        "-ERR value is not an integer or out of range");
    }

    // ---- CLUSTER

    /// The examples of the cluster specification.
    @ParameterizedTest
    @CsvSource({
        "123456789, 12739",
        "foo, 12182",
        "{foo}bar, 12182",
        "foo{}{bar}, 8363",
        "foo{{bar}}zap, 4015",
        "foo{bar}{zap}, 5061",
        "{}, 15257"
    })
    void keyslotAnswersAsInTheSpecification(String key, int slot) throws Exception {
        assertThat(primary.answer("CLUSTER KEYSLOT " + key)).isEqualTo(":" + slot);
    }

    @Test
    void aNodeKnowsItselfAndItsShard() throws Exception {
        assertThat(primary.answers("CLUSTER MYID", "CLUSTER MYSHARDID", "CLUSTER LINKS", "ASKING"))
                .containsExactly("$5 id-n1", "$8 shard-n1", "*0", "+OK");
        assertThat(replica.answer("CLUSTER MYID")).isEqualTo("$13 id-n1-replica");
    }

    @Test
    void aKnownNodeHasNoFailureReports() throws Exception {
        assertThat(
                        primary.answers(
                                "CLUSTER COUNT-FAILURE-REPORTS id-n1-replica",
                                "CLUSTER COUNT-FAILURE-REPORTS nosuch"))
                .containsExactly(":0", "-ERR Unknown node nosuch");
    }

    @Test
    void theShapeOfTheClusterFollowsTheVersionOfResp() throws Exception {
        try (var client = primary.connect()) {
            assertThat(client.ask("CLUSTER NODES"))
                    .startsWith("$")
                    .contains("id-n1 10.0.0.1:6379@");
            assertThat(client.ask("CLUSTER SHARDS")).startsWith("*1 *4 $5 slots");
            client.ask("HELLO 3");
            assertThat(client.ask("CLUSTER NODES")).startsWith("=").contains("txt:id-n1 ");
            assertThat(client.ask("CLUSTER INFO")).contains("txt:cluster_state:ok");
            assertThat(client.ask("CLUSTER SHARDS")).startsWith("*1 %2 $5 slots");
        }
    }

    /// Valkey 9 also shows the id of a shard.
    @Test
    void theIdOfAShardIsShownWhereTheEngineShowsIt() throws Exception {
        assertThat(valkey.answer("CLUSTER SHARDS")).endsWith("$2 id $8 shard-n1");
        assertThat(primary.answer("CLUSTER SHARDS")).doesNotContain("shard-n1");
    }
}
