package dev.keepsake.front;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The users that an engine gets, and the rights that the front learns from it.
class AccessRoundsTest {
    private static final String RULES = "on ~app:* +@all -client|kill";
    private static final String REFUSED =
            "This user has no permissions to run the 'client|kill' command";

    @TempDir Path directory;
    @AutoClose private final TestFront node = new TestFront();

    @BeforeEach
    void start() throws Exception {
        node.engine.on(
                "acl dryrun", line -> line.contains(" client kill") ? bulk(REFUSED) : "+OK\r\n");
    }

    private static String bulk(String text) {
        return "$%d\r\n%s\r\n".formatted(text.length(), text);
    }

    private static AccessUser user(String name, String rules) {
        return new AccessUser(name, true, true, Set.of(), false, rules);
    }

    private CountDownLatch permitting(AccessUser... users) {
        var admitted = new CountDownLatch(1);
        node.front.permit(List.of(users), admitted::countDown);
        return admitted;
    }

    private void permit(AccessUser... users) throws Exception {
        assertThat(permitting(users).await(60, TimeUnit.SECONDS)).isTrue();
    }

    // ---- users in the engine

    /// Its rules, the commands that keep a lane usable, and never a withheld command.
    @Test
    void aUserHasANamesakeWithItsRulesAndNoPassword() throws Exception {
        node.serveDurably();
        permit(user("ann", RULES));
        var told = node.engine.asked("ACL SETUSER ann");
        assertThat(told).hasSize(1);
        assertThat(told.getFirst())
                .startsWith(
                        "ACL SETUSER ann reset on ~app:* +@all -client|kill on nopass +role"
                                + " +client|id +exec +discard +unwatch ")
                .contains(" -debug ")
                .contains(" -config|set ")
                .contains(" -replicaof ")
                .contains(" -shutdown ")
                .contains(" -move")
                .doesNotContain(" -get ");
    }

    /// The engine's own `default` is the front.
    @Test
    void theClientsDefaultHasANamesakeOfAnotherName() throws Exception {
        node.serveDurably();
        permit(user("default", RULES));
        assertThat(node.engine.asked("ACL SETUSER default ")).isEmpty();
        assertThat(node.engine.asked("ACL SETUSER default:clients reset on ~app:*")).hasSize(1);
        assertThat(node.answer("GET k")).isEqualTo("+OK");
        assertThat(node.engine.asked("AUTH")).contains("AUTH default:clients any");
    }

    @Test
    void theExampleUserIsDeletedAfterTheQuestions() throws Exception {
        node.serveDurably();
        permit(user("ann", RULES));
        assertThat(node.engine.asked("ACL DELUSER")).containsExactly("ACL DELUSER example:clients");
    }

    // ---- answers of the engine

    @Test
    void theFrontRefusesWithTheEnginesErrors() throws Exception {
        node.serveDurably();
        permit(user("default", RULES));
        assertThat(node.answers("CLIENT KILL x", "CLIENT ID").getFirst())
                .isEqualTo("-NOPERM this user has no permissions to run the 'client|kill' command");
        assertThat(node.answer("CLIENT ID")).startsWith(":");
    }

    @Test
    void aUserWhoseRulesTheEngineRefusesIsNotAdmitted() throws Exception {
        node.serveDurably();
        node.engine.on(
                "acl setuser",
                line -> line.contains(" ann ") ? "-ERR Error in ACL SETUSER\r\n" : "+OK\r\n");
        permit(user("ann", "on nonsense"), user("bob", RULES));
        assertThat(node.front.admittedUsers()).containsExactly("bob");
        assertThat(node.answer("AUTH ann x")).startsWith("-WRONGPASS ");
    }

    /// The same rules have the same effect for every user.
    @Test
    void rulesThatAreKnownAreNotAskedForAgain() throws Exception {
        node.serveDurably();
        permit(user("ann", RULES));
        int asked = node.engine.asked("ACL DRYRUN").size();
        assertThat(asked).isGreaterThan(50);
        permit(user("ann", RULES), user("default", RULES));
        assertThat(node.engine.asked("ACL DRYRUN")).hasSize(asked);
        assertThat(node.answer("CLIENT KILL x")).startsWith("-NOPERM ");
        permit(user("ann", RULES + " +@read"));
        assertThat(node.engine.asked("ACL DRYRUN")).hasSize(2 * asked);
    }

    /// Such an engine is older than the command, and will never give another answer.
    @Test
    void aCommandThatTheEngineDoesNotKnowDoesNotHideTheOtherRights() throws Exception {
        node.engine.on(
                "acl dryrun",
                line ->
                        line.contains(" client setinfo")
                                ? "-ERR Command 'client' not found\r\n"
                                : "+OK\r\n");
        node.serveDurably();
        permit(user("ann", RULES));
        int asked = node.engine.asked("ACL DRYRUN").size();
        permit(user("bob", RULES));
        assertThat(node.engine.asked("ACL DRYRUN")).hasSize(asked);
    }

    @Test
    void aQuestionWithoutAnAnswerIsAskedAgain() throws Exception {
        node.engine.on(
                "acl dryrun",
                line -> line.contains(" client kill") ? "-ERR no memory\r\n" : "+OK\r\n");
        node.serveDurably();
        permit(user("ann", RULES));
        int asked = node.engine.asked("ACL DRYRUN").size();
        permit(user("bob", RULES));
        assertThat(node.engine.asked("ACL DRYRUN")).hasSize(2 * asked);
    }

    // ---- an engine that is busy

    /// It refuses every question, which says nothing about the users: admitted users stay admitted.
    @ParameterizedTest
    @ValueSource(strings = {"acl setuser", "acl dryrun", "ping", "acl deluser"})
    void whileAScriptKeepsTheEngineBusyNothingChanges(String refused) throws Exception {
        node.serveDurably();
        permit(user("default", RULES));
        try (var client = node.connect()) {
            assertThat(client.ask("CLIENT ID")).startsWith(":");
            var busy = new AtomicBoolean(true);
            node.engine.on(
                    refused,
                    line -> busy.get() ? "-BUSY Redis is busy running a script\r\n" : "+OK\r\n");
            var admitted = permitting(user("default", RULES), user("new", "on ~* +@read"));
            TestFront.await(
                    "the engine is asked again",
                    () -> node.engine.asked("ACL SETUSER new ").size() > 1);
            assertThat(admitted.getCount()).isOne();
            assertThat(node.front.admittedUsers()).containsExactly("default");
            assertThat(client.ask("CLIENT ID")).startsWith(":");
            busy.set(false);
            assertThat(admitted.await(60, TimeUnit.SECONDS)).isTrue();
            assertThat(node.front.admittedUsers()).containsExactly("default", "new");
        }
    }

    // ---- clients that lose rights

    @Test
    void aUserWhoIsNoLongerPermittedIsDisconnected() throws Exception {
        node.serveDurably();
        permit(user("default", RULES), user("ann", RULES));
        try (var ann = node.connect();
                var other = node.connect()) {
            assertThat(ann.ask("AUTH ann x")).isEqualTo("+OK");
            assertThat(other.ask("CLIENT ID")).startsWith(":");
            permit(user("default", RULES));
            assertThat(ann.read()).isEqualTo(SocketClient.CLOSED);
            assertThat(other.ask("CLIENT ID")).startsWith(":");
        }
    }

    /// The client monitors, and its user may not do so any more.
    @Test
    void aClientThatLosesTheRightToMonitorIsDisconnected() throws Exception {
        node.serveDurably();
        permit(user("default", RULES));
        try (var monitor = node.connect()) {
            assertThat(monitor.ask("MONITOR")).isEqualTo("+OK");
            node.engine.on(
                    "acl dryrun", line -> line.contains(" monitor") ? bulk(REFUSED) : "+OK\r\n");
            permit(user("default", RULES + " -monitor"));
            assertThat(monitor.read()).isEqualTo(SocketClient.CLOSED);
        }
    }

    // ---- operators

    @Test
    void operatorsMayLookIntoTheEngineWhereTheyAreAdmitted() throws Exception {
        node.serveDurably();
        assertThat(node.engine.asked("ACL SETUSER keepsake:operator")).isEmpty();
        try (var other = new TestFront()) {
            other.front.admitOperators(directory.resolve("operators"));
            other.serveDurably();
            var told = other.engine.asked("ACL SETUSER keepsake:operator");
            assertThat(told).hasSize(1);
            assertThat(told.getFirst())
                    .startsWith("ACL SETUSER keepsake:operator reset on nopass ~* &* +@all ")
                    .contains(" -shutdown ")
                    .endsWith(" +config +debug");
            assertThat(other.answer("AUTH keepsake:operator x")).startsWith("-WRONGPASS ");
        }
    }
}
