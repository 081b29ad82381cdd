package dev.keepsake.front;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The clients that Valkey 9.1 selects, of two: `ann`, with a name and a library, and the client
/// that asks.
class ClientFilterTest {
    @RegisterExtension static final TestFront node = TestFront.servingPrimary(TestFront.VALKEY);

    @RegisterExtension
    static final TestFront old =
            TestFront.servingPrimary(
                    new ServedEngine("valkey", "8.1.1", TestFront.VALKEY.commands()));

    private static SocketClient ann;
    private static SocketClient asker;
    private static String id;

    @BeforeAll
    static void start() throws Exception {
        ann = node.connect();
        asker = node.connect();
        id = ann.ask("CLIENT ID").substring(1);
        ann.ask("CLIENT SETNAME ann");
        ann.ask("CLIENT SETINFO LIB-NAME jedis");
        ann.ask("CLIENT SETINFO LIB-VER 5");
        ann.ask("CLIENT NO-EVICT ON");
        ann.ask("CLIENT CAPA redirect");
        asker.ask("CLIENT SETNAME asker");
    }

    @AfterAll
    static void stop() throws Exception {
        ann.close();
        asker.close();
    }

    /// `A` if `ann` is listed, `?` if the client that asks is listed.
    private static String listed(String options) throws Exception {
        String list =
                asker.ask(
                        "CLIENT LIST "
                                + options.replace("<id>", id).replace("<addr>", ann.address()));
        assertThat(list).doesNotStartWith("-");
        return (list.contains(" name=ann ") ? "A" : "")
                + (list.contains(" name=asker ") ? "?" : "");
    }

    @ParameterizedTest
    @CsvSource({
        "ID <id>, A",
        "ID <id> 9999, A",
        "ID 9999, ''",
        "NOT-ID <id>, ?",
        "id <id> NAME asker, ''",
        "ID <id> NAME ann, A",
        "NAME ann, A",
        "NOT-NAME ann, ?",
        "NAME an, ''",
        "LIB-NAME jedis LIB-VER 5, A",
        "LIB-NAME jedis LIB-VER 6, ''",
        "NOT-LIB-NAME jedis, ?",
        "ADDR <addr>, A",
        "NOT-ADDR <addr>, ?",
        "IP 127.0.0.1, A?",
        "IP 127.0.0, ''",
        "NOT-IP 127.0.0.1, ''",
        "USER default, A?",
        "TYPE normal, A?",
        "TYPE PubSub, ''",
        "NOT-TYPE pubsub, A?",
        "TYPE primary, ''",
        "FLAGS e, A",
        "NOT-FLAGS e, ?",
        "FLAGS ex, ''",
        "FLAGS N, ?",
        "CAPA r, A",
        "NOT-CAPA r, ?",
        "DB 0, A?",
        "NOT-DB 0, ''",
        "MAXAGE 1000000, ''",
        "IDLE 1000000, ''",
        "SKIPME yes, A",
        "SKIPME no, A?",
        "SKIPME YES NAME ann, A"
    })
    void clientsThatMatchAllConditionsAreSelected(String options, String meant) throws Exception {
        assertThat(listed(options)).isEqualTo(meant);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    ID | ERR syntax error
                    ID 0 | ERR client-id should be greater than 0
                    ID 1 -1 | ERR client-id should be greater than 0
                    ID x | ERR syntax error
                    NOSUCH x | ERR syntax error
                    NAME | ERR syntax error
                    TYPE nosuch | ERR Unknown client type 'nosuch'
                    USER nosuch | ERR No such user 'nosuch'
                    FLAGS ez | ERR Unknown flags found in the provided filter: ez
                    CAPA rx | ERR Unknown capa found in the provided filter: rx
                    DB x | ERR DB is not an integer or out of range
                    DB 1 | ERR DB number should be between 0 and 0
                    MAXAGE x | ERR maxage is not an integer or out of range
                    MAXAGE 0 | ERR maxage should be greater than 0
                    IDLE -1 | ERR idle should be greater than 0
                    SKIPME maybe | ERR syntax error
                    NOT-SKIPME yes | ERR syntax error
                    NOT-MAXAGE 1 | ERR syntax error
                    NOT-IDLE 1 | ERR syntax error
                    """)
    void malformedOptionsAreRefused(String options, String error) throws Exception {
        assertThat(asker.ask("CLIENT LIST " + options)).isEqualTo("-" + error);
        if (options.contains(" ")) { // otherwise it is an address
            assertThat(asker.ask("CLIENT KILL " + options)).isEqualTo("-" + error);
        }
        assertThat(ann.ask("PING")).as("no client was killed").isEqualTo("+PONG");
    }

    /// Valkey 8.1 knows fewer options.
    @ParameterizedTest
    @ValueSource(strings = {"NAME ann", "NOT-ID 1", "IP 127.0.0.1", "FLAGS N", "IDLE 1", "DB 0"})
    void anOlderValkeyRefusesNewerOptions(String options) throws Exception {
        assertThat(old.answer("CLIENT LIST " + options)).isEqualTo("-ERR syntax error");
    }

    /// An empty name matches no client.
    @Test
    void anEmptyNameMatchesNoClient() throws Exception {
        assertThat(listed("NAME ")).isEmpty();
        assertThat(listed("NOT-NAME ")).isEqualTo("A?");
    }

    @Test
    void killSparesTheAskingClientAndListDoesNot() throws Exception {
        try (var victim = node.connect();
                var killer = node.connect()) {
            victim.ask("CLIENT SETNAME gone");
            killer.ask("CLIENT SETNAME gone");
            assertThat(killer.ask("CLIENT KILL NAME gone")).isEqualTo(":1");
            assertThat(victim.read()).isEqualTo(SocketClient.CLOSED);
            assertThat(killer.ask("CLIENT LIST NAME gone")).contains("name=gone");
            assertThat(killer.ask("CLIENT KILL NAME gone SKIPME no")).isEqualTo(":1");
            assertThat(killer.read()).isEqualTo(SocketClient.CLOSED);
        }
    }
}
