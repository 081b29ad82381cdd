package dev.keepsake.front;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// `CLIENT …`, answered as in Redis 7.0's `networking.c`.
class ClientCommandsTest {
    @RegisterExtension static final TestFront node = TestFront.servingPrimary();

    @RegisterExtension static final TestFront valkey = TestFront.servingPrimary(TestFront.VALKEY);

    private static String idOf(SocketClient client) throws Exception {
        return client.ask("CLIENT ID").substring(1);
    }

    // ---- names

    @Test
    void aClientHasTheNameThatItSets() throws Exception {
        assertThat(node.answers("CLIENT GETNAME", "CLIENT SETNAME worker:1", "CLIENT GETNAME"))
                .containsExactly("$-1", "+OK", "$8 worker:1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a b", "a\nb", "a\u0001", "\u00e4", "\u007f"})
    void aNameThatWouldBreakTheListIsRefused(String name) throws Exception {
        try (var client = node.connect()) {
            client.send("CLIENT", "SETNAME", name);
            assertThat(client.read())
                    .isEqualTo(
                            "-ERR Client names cannot contain spaces, newlines or special"
                                    + " characters.");
            client.send("CLIENT", "SETINFO", "LIB-NAME", name);
            assertThat(client.read())
                    .isEqualTo(
                            "-ERR lib-name cannot contain spaces, newlines or special characters.");
            assertThat(client.ask("CLIENT GETNAME")).isEqualTo("$-1");
        }
    }

    @Test
    void anEmptyNameRemovesTheName() throws Exception {
        assertThat(node.answers("CLIENT SETNAME x", "CLIENT SETNAME ", "CLIENT GETNAME"))
                .containsExactly("+OK", "+OK", "$-1");
    }

    /// Clients send it to every server, also to one that does not know it.
    @Test
    void theLibraryOfAClientIsShown() throws Exception {
        var answers =
                node.answers(
                        "CLIENT SETINFO lib-name jedis",
                        "CLIENT SETINFO LIB-VER 5.0",
                        "CLIENT SETINFO nosuch x",
                        "CLIENT INFO");
        assertThat(answers.subList(0, 3))
                .containsExactly("+OK", "+OK", "-ERR Unrecognized option 'nosuch'");
        assertThat(answers.get(3)).contains(" lib-name=jedis lib-ver=5.0");
    }

    // ---- LIST

    @Test
    void clientsAreListedInTheOrderOfTheirConnections() throws Exception {
        try (var first = node.connect();
                var second = node.connect()) {
            String one = idOf(first);
            String two = idOf(second);
            String all = first.ask("CLIENT LIST");
            assertThat(all.indexOf("id=%s ".formatted(one)))
                    .isBetween(0, all.indexOf("id=%s ".formatted(two)));
            assertThat(all).contains("addr=" + second.address() + " ");
            String chosen = first.ask("CLIENT LIST ID %s 999999 %s".formatted(two, one));
            assertThat(chosen.replaceAll("(?s)\\$\\d+ (id=\\d+) .*\n(id=\\d+) .*", "$1 $2"))
                    .as("in the order of the question")
                    .isEqualTo("id=%s id=%s".formatted(two, one));
        }
    }

    @Test
    void clientsAreListedByTheirType() throws Exception {
        try (var listener = node.connect();
                var other = node.connect()) {
            String id = idOf(listener);
            assertThat(listener.ask("SUBSCRIBE c")).startsWith("*3 $9 subscribe");
            assertThat(other.ask("CLIENT LIST TYPE pubsub")).contains("id=" + id + " ");
            assertThat(other.ask("CLIENT LIST TYPE NORMAL"))
                    .contains("id=" + idOf(other) + " ")
                    .doesNotContain("id=" + id + " ");
            assertThat(other.ask("CLIENT LIST TYPE replica")).isEqualTo("$0");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "CLIENT LIST TYPE nosuch, -ERR Unknown client type 'nosuch'",
        "CLIENT LIST TYPE primary, -ERR Unknown client type 'primary'",
        "CLIENT LIST TYPE, -ERR syntax error",
        "CLIENT LIST ID, -ERR syntax error",
        "CLIENT LIST ID x, -ERR Invalid client ID",
        "CLIENT LIST NOSUCH x, -ERR syntax error",
        "CLIENT NO-EVICT maybe, -ERR syntax error",
        "CLIENT REPLY maybe, -ERR syntax error",
        "CLIENT KILL ID, -ERR No such client",
        "CLIENT KILL ID 0, -ERR client-id should be greater than 0",
        "CLIENT KILL ID x, -ERR client-id should be greater than 0",
        "CLIENT KILL TYPE nosuch, -ERR Unknown client type 'nosuch'",
        "CLIENT KILL USER nosuch, -ERR No such user 'nosuch'",
        "CLIENT KILL SKIPME maybe, -ERR syntax error",
        "CLIENT KILL MAXAGE 5, -ERR syntax error",
        "CLIENT KILL ADDR 1.1.1.1:1 LADDR, -ERR syntax error",
        "CLIENT KILL 1.1.1.1:1, -ERR No such client",
        "CLIENT PAUSE x, -ERR timeout is not an integer or out of range",
        "CLIENT PAUSE -1, -ERR timeout is negative",
        "CLIENT PAUSE 1 READ, -ERR CLIENT PAUSE mode must be WRITE or ALL",
        "CLIENT UNBLOCK x, -ERR value is not an integer or out of range",
        "CLIENT UNBLOCK 1 KILL, -ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR"
    })
    void aMalformedCommandIsRefusedWithRedissError(String line, String error) throws Exception {
        assertThat(node.answer(line)).isEqualTo(error);
    }

    // ---- KILL

    @Test
    void aClientIsKilledByItsAddress() throws Exception {
        try (var victim = node.connect();
                var killer = node.connect()) {
            victim.ask("PING");
            assertThat(killer.ask("CLIENT KILL " + victim.address())).isEqualTo("+OK");
            assertThat(victim.read()).isEqualTo(SocketClient.CLOSED);
        }
    }

    @Test
    void aClientIsKilledIfItMatchesAllConditions() throws Exception {
        try (var victim = node.connect();
                var killer = node.connect()) {
            String id = idOf(victim);
            String kill = "CLIENT KILL ID %s USER default ADDR ".formatted(id);
            assertThat(killer.ask(kill + killer.address())).isEqualTo(":0");
            assertThat(victim.ask("PING")).isEqualTo("+PONG");
            assertThat(killer.ask(kill + victim.address())).isEqualTo(":1");
            assertThat(victim.read()).isEqualTo(SocketClient.CLOSED);
        }
    }

    @Test
    void theClientThatKillsIsSparedUnlessItAsksOtherwise() throws Exception {
        try (var client = node.connect()) {
            String kill = "CLIENT KILL ADDR %s SKIPME ".formatted(client.address());
            assertThat(client.ask("CLIENT KILL ADDR " + client.address())).isEqualTo(":0");
            assertThat(client.ask(kill + "yes")).isEqualTo(":0");
            assertThat(client.ask(kill + "no")).as("and is answered").isEqualTo(":1");
            assertThat(client.read()).isEqualTo(SocketClient.CLOSED);
        }
    }

    @Test
    void aClientThatKillsItselfByTheOldFormIsAnsweredFirst() throws Exception {
        try (var client = node.connect()) {
            client.ask("PING");
            assertThat(client.ask("CLIENT KILL " + client.address())).isEqualTo("+OK");
            assertThat(client.read()).isEqualTo(SocketClient.CLOSED);
        }
    }

    // ---- flags that a client sets

    @Test
    void clientSettingsAreShownAsFlags() throws Exception {
        assertThat(node.answers("CLIENT NO-EVICT on", "CLIENT INFO").get(1)).contains(" flags=e ");
        assertThat(node.answers("CLIENT NO-EVICT on", "CLIENT NO-EVICT OFF", "CLIENT INFO").get(2))
                .contains(" flags=N ");
        assertThat(valkey.answers("CLIENT NO-TOUCH ON", "CLIENT INFO").get(1))
                .contains(" flags=T ");
        assertThat(valkey.answer("CLIENT NO-TOUCH x")).isEqualTo("-ERR syntax error");
    }

    @Test
    void unknownCapabilitiesAreIgnored() throws Exception {
        try (var client = valkey.connect()) {
            String me = "id=%s ".formatted(idOf(client));
            assertThat(client.ask("CLIENT CAPA nosuch")).isEqualTo("+OK");
            assertThat(client.ask("CLIENT LIST CAPA r")).doesNotContain(me);
            assertThat(client.ask("CLIENT CAPA nosuch REDIRECT")).isEqualTo("+OK");
            assertThat(client.ask("CLIENT LIST CAPA r")).contains(me);
        }
    }

    /// Keys come to a node through the log only.
    @Test
    void aNodeIsNeverInImportMode() throws Exception {
        assertThat(valkey.answers("CLIENT IMPORT-SOURCE OFF", "CLIENT IMPORT-SOURCE ON"))
                .containsExactly("+OK", "-ERR Server is not in import mode");
    }

    @Test
    void clientReplyOffSuppressesRepliesUntilOn() throws Exception {
        try (var client = node.connect()) {
            client.send("CLIENT", "REPLY", "OFF");
            client.send("PING");
            client.send("CLIENT", "ID");
            assertThat(client.ask("CLIENT REPLY ON")).isEqualTo("+OK");
            client.send("CLIENT", "REPLY", "SKIP");
            client.send("PING");
            assertThat(client.ask("ECHO x")).isEqualTo("+OK");
        }
    }

    @Test
    void aClientThatDoesNotTrackGetsNoInvalidations() throws Exception {
        assertThat(node.answer("CLIENT GETREDIR")).isEqualTo(":-1");
    }

    // ---- PAUSE

    /// Clients that are held back count as blocked. So the front has taken the command.
    @Test
    void aPauseOfWritesHoldsBackWritesOnly() throws Exception {
        node.engine.on("info", "$17\r\nblocked_clients:0\r\n");
        try (var writer = node.connect();
                var other = node.connect()) {
            assertThat(other.ask("CLIENT PAUSE 3600000 WRITE")).isEqualTo("+OK");
            writer.send("SET", "k", "v");
            TestFront.await(
                    "the write is held", () -> other.ask("INFO").contains("blocked_clients:1"));
            assertThat(other.ask("GET k")).isEqualTo("+OK");
            assertThat(node.engine.asked("SET")).isEmpty();
            assertThat(writer.poll()).isNull();
            assertThat(other.ask("CLIENT UNPAUSE")).isEqualTo("+OK");
            assertThat(writer.read()).isEqualTo("+OK");
        }
    }

    @Test
    void aPauseOfEverythingEndsByItself() throws Exception {
        try (var reader = node.connect();
                var other = node.connect()) {
            reader.ask("PING");
            assertThat(other.ask("CLIENT PAUSE 20 ALL")).isEqualTo("+OK");
            assertThat(reader.ask("GET k")).isEqualTo("+OK");
        }
    }
}
