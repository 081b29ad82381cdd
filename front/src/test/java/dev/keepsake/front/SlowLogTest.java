package dev.keepsake.front;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The slow log as a client sees it: the commands of the node's clients, without the node's own.
class SlowLogTest {
    private static final String GET = entry(3, "$3\r\nGET\r\n", "$1\r\nk\r\n");
    private static final String SET = entry(1, "$3\r\nSET\r\n", "$1\r\nk\r\n", "$1\r\nv\r\n");
    private static final String BARRIER = entry(2, "$4\r\nROLE\r\n");
    private static final String RULES = entry(0, "$3\r\nACL\r\n", "$7\r\nSETUSER\r\n");

    /// As entries are shown: the client of a command is not known any more.
    private static final String SHOWN_GET = "*6 :3 :100 :20 *2 $3 GET $1 k $0  $4 name";

    private static final String SHOWN_SET = "*6 :1 :100 :20 *3 $3 SET $1 k $1 v $0  $4 name";

    @RegisterExtension static final TestFront node = TestFront.servingPrimary();

    @RegisterExtension static final TestFront valkey = TestFront.servingPrimary(TestFront.VALKEY);

    private static String entry(int id, String... arguments) {
        return "*6\r\n:%d\r\n:100\r\n:20\r\n*%d\r\n%s$5\r\nx.s:0\r\n$4\r\nname\r\n"
                .formatted(id, arguments.length, String.join("", arguments));
    }

    private static void log(TestFront of, String... entries) {
        String reply = "*%d\r\n%s".formatted(entries.length, String.join("", entries));
        of.engine.on("slowlog get", reply);
        of.engine.on("commandlog get", reply);
    }

    @Test
    void theNodesOwnCommandsAndTheLanesAddressAreLeftOut() throws Exception {
        log(node, GET, BARRIER, SET, RULES);
        assertThat(node.answer("SLOWLOG GET"))
                .isEqualTo("*2 %s %s".formatted(SHOWN_GET, SHOWN_SET));
        assertThat(node.answer("SLOWLOG LEN")).isEqualTo(":2");
    }

    /// The engine is asked for all entries, because the newest ones may all be the node's own.
    @ParameterizedTest
    @CsvSource({"SLOWLOG GET 1, 1", "SLOWLOG GET 0, 0", "SLOWLOG GET -1, 2", "SLOWLOG GET 99, 2"})
    void theRequestedNumberOfEntriesIsShown(String line, int shown) throws Exception {
        log(node, BARRIER, GET, BARRIER, SET);
        assertThat(node.answer(line)).startsWith("*" + shown);
        assertThat(node.engine.asked("SLOWLOG")).containsExactly("SLOWLOG GET -1");
    }

    @Test
    void tenEntriesAreShownUnlessAnotherNumberIsRequested() throws Exception {
        var entries = new String[12];
        Arrays.fill(entries, GET);
        log(node, entries);
        assertThat(node.answer("SLOWLOG GET")).startsWith("*10 *6 :3 ");
        assertThat(node.answer("SLOWLOG LEN")).isEqualTo(":12");
    }

    @ParameterizedTest
    @ValueSource(strings = {"SLOWLOG GET x", "SLOWLOG GET -2", "SLOWLOG GET 1 2"})
    void theEngineHasTheErrorForAMalformedCommand(String line) throws Exception {
        node.engine.on("slowlog get", "-ERR said by the engine\r\n");
        assertThat(node.answer(line)).isEqualTo("-ERR said by the engine");
        assertThat(node.engine.asked("SLOWLOG")).containsExactly(line);
    }

    /// Valkey has separate lists for slow commands, large requests and large replies.
    @Test
    void theRequestedLogOfValkeyIsAskedFor() throws Exception {
        log(valkey, GET, BARRIER);
        assertThat(valkey.answer("COMMANDLOG GET -1 large-reply")).isEqualTo("*1 " + SHOWN_GET);
        assertThat(valkey.answer("COMMANDLOG LEN large-request")).isEqualTo(":1");
        assertThat(valkey.engine.asked("COMMANDLOG"))
                .containsExactly(
                        "COMMANDLOG GET -1 large-reply", "COMMANDLOG GET -1 large-request");
    }
}
