package dev.keepsake.front;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Commands while a node loads and an engine of its kind can be asked, and state that has to
/// outlast the loading.
class WhileLoadingTest {
    @TempDir Path directory;
    @AutoClose private final TestFront node = new TestFront();

    private void consult() {
        node.front.consult(node.engine.socket());
    }

    private void permit(String rules) throws Exception {
        var admitted = new CountDownLatch(1);
        node.front.permit(
                List.of(new AccessUser("default", true, true, Set.of(), false, rules)),
                admitted::countDown);
        assertThat(admitted.await(60, TimeUnit.SECONDS)).isTrue();
    }

    // ---- answers that depend on the engine's program

    /// Clients ask for it when they connect, and a node that loads belongs to the cluster.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    COMMAND LIST | *2 $3 get $4 ping
                    COMMAND COUNT | +OK
                    ACL CAT | +OK
                    COMMAND GETKEYS GET k | +OK
                    """)
    void aLoadingEngineListsTheCommands(String line, String answer) throws Exception {
        node.engine.on("command list", "*3\r\n$3\r\nget\r\n$5\r\ndebug\r\n$4\r\nping\r\n");
        consult();
        assertThat(node.answer(line)).isEqualTo(answer);
    }

    @Test
    void aLoadingEngineExplainsTheOfferedSubcommands() throws Exception {
        node.engine.on("acl help", "*3\r\n+ACL are:\r\n+LOAD\r\n+    Reload.\r\n");
        consult();
        assertThat(node.answer("ACL HELP")).isEqualTo("*1 +ACL are:");
    }

    @Test
    void aLoadingEngineIsAskedInTheClientsVersionOfResp() throws Exception {
        consult();
        assertThat(node.answers("COMMAND COUNT", "HELLO 3", "COMMAND COUNT"))
                .element(2)
                .isEqualTo("+OK");
        assertThat(node.engine.asked(""))
                .containsExactly("COMMAND COUNT", "HELLO 3", "COMMAND COUNT");
    }

    @Test
    void theAnswersOfAClientStayInTheirOrder() throws Exception {
        consult();
        try (var client = node.connect()) {
            client.send("COMMAND", "COUNT");
            client.send("ECHO", "x");
            client.send("GET", "k");
            assertThat(List.of(client.read(), client.read(), client.read()))
                    .containsExactly(
                            "+OK", "$1 x", "-LOADING Redis is loading the dataset in memory");
        }
    }

    @Test
    void aLoadingEngineIsAskedNothingElse() throws Exception {
        consult();
        for (var line : List.of("GET k", "SET k v", "DBSIZE", "EVAL x 0", "FUNCTION LIST")) {
            assertThat(node.answer(line)).as(line).startsWith("-LOADING ");
        }
        assertThat(node.engine.asked("")).isEmpty();
    }

    @Test
    void theWaitEndsWhenTheLoadingEngineIsLost() throws Exception {
        node.front.consult(directory.resolve("nobody"));
        assertThat(node.answer("COMMAND COUNT")).startsWith("-LOADING ");
    }

    @Test
    void aWaitingClientIsAnsweredWhenTheEngineIsNoLongerAsked() throws Exception {
        node.engine.on("command count", "");
        consult();
        try (var client = node.connect()) {
            client.send("COMMAND", "COUNT");
            TestFront.await("it is asked", () -> !node.engine.asked("COMMAND").isEmpty());
            node.serveDurably();
            assertThat(client.read()).startsWith("-LOADING ");
            assertThat(client.ask("GET k")).isEqualTo("+OK");
        }
    }

    @Test
    void aUserWithUncheckedRulesIsNotAnswered() throws Exception {
        permit("on ~* +@all -command");
        consult();
        assertThat(node.answer("COMMAND COUNT")).startsWith("-LOADING ");
        assertThat(node.engine.asked("")).isEmpty();
    }

    // ---- what outlasts the loading

    /// The engine gets the subscriptions before the command of any client, so that no message is
    /// missed.
    @Test
    void subscriptionsOfALoadingNodeAreSentToTheEngineThatServes() throws Exception {
        try (var listener = node.connect()) {
            listener.send("SUBSCRIBE", "a", "b");
            assertThat(List.of(listener.read(), listener.read()))
                    .containsExactly("*3 $9 subscribe $1 a :1", "*3 $9 subscribe $1 b :2");
            assertThat(listener.ask("UNSUBSCRIBE a")).isEqualTo("*3 $11 unsubscribe $1 a :1");
            assertThat(listener.ask("GET k")).startsWith("-ERR Can't execute 'get'");
            node.serveDurably();
            assertThat(node.engine.asked("subscribe")).containsExactly("subscribe b");
            assertThat(listener.ask("PING")).as("no second confirmation").startsWith("+");
        }
    }

    /// A node that is about to lead accepts no command before that.
    @Test
    void aNodeServesOnceItsEngineHasTheSubscriptions() throws Exception {
        node.engine.on("subscribe", "");
        var listener = node.connect();
        try (var other = node.connect()) {
            listener.ask("SUBSCRIBE c");
            var serving = node.front.servePrimary(node.engine.socket(), node.lease::get);
            TestFront.await("the engine is asked", () -> !node.engine.asked("subscribe").isEmpty());
            assertThat(serving).isNotDone();
            other.send("GET", "k");
            assertThat(node.engine.asked("GET")).isEmpty();
            listener.close();
            serving.get(60, TimeUnit.SECONDS);
            node.front.onDurable(Long.MAX_VALUE);
            assertThat(other.read()).isEqualTo("+OK");
        }
    }

    @Test
    void anUnwatchedKeyOfALoadingNodeCountsNoMore() throws Exception {
        try (var client = node.connect()) {
            assertThat(client.ask("WATCH k")).isEqualTo("+OK");
            assertThat(client.ask("UNWATCH")).isEqualTo("+OK");
            node.serveDurably();
            node.engine.on("exec", "*1\r\n+OK\r\n");
            node.engine.on("set", "+QUEUED\r\n");
            assertThat(client.ask("MULTI")).isEqualTo("+OK");
            assertThat(client.ask("SET k v")).isEqualTo("+QUEUED");
            assertThat(client.ask("EXEC")).isEqualTo("*1 +OK");
        }
    }
}
