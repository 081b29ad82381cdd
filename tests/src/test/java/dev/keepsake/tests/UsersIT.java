package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static dev.keepsake.tests.Waiting.awaitPassed;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepsake.front.AccessUser;
import dev.keepsake.front.FrontOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Whom a node lets in, and what they may do. The texts are those that stock servers were seen to
/// send, which changed with Redis 7.2.
class UsersIT {
    private static final String NO_AUTH = "-NOAUTH Authentication required.";
    private static final String WRONG_PASS =
            "-WRONGPASS invalid username-password pair or user is disabled.";
    private static final AccessUser DEFAULT = AccessUser.unrestrictedDefault();
    private static final AccessUser ALICE =
            user("alice", "on ~* &* +@all", "alice-password-1", "alice-password-2");
    private static final AccessUser READER =
            user("reader", "on ~app:* resetchannels -@all +@read +select", "reader-password");

    @TempDir static Path directory;
    private static ServedNode node;

    @BeforeAll
    static void start() throws Exception {
        node = ServedNode.startDurable(directory);
    }

    @AfterAll
    static void stop() throws IOException {
        node.close();
    }

    @BeforeEach
    void permitAll() throws IOException {
        permit(DEFAULT, ALICE, READER);
        try (var wire = node.connect()) {
            assertThat(wire.ask("FLUSHALL")).isEqualTo("OK");
        }
    }

    private static AccessUser user(String name, String rules, String... passwords) {
        var hashes = Arrays.stream(passwords).map(UsersIT::sha256).collect(Collectors.toSet());
        return new AccessUser(name, true, false, hashes, false, rules);
    }

    private static String sha256(String password) {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(digest.digest(password.getBytes(UTF_8)));
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String noKey() {
        return node.isSince(7, 2, 7, 2)
                ? "-NOPERM No permissions to access a key"
                : "-NOPERM this user has no permissions to access one of the keys used as arguments";
    }

    private static String noCommand(String user, String command) {
        return "-NOPERM %s has no permissions to run the '%s' command"
                .formatted(node.isSince(7, 2, 7, 2) ? "User " + user : "this user", command);
    }

    /// Returns when the node has taken them.
    private static void permit(AccessUser... users) {
        node.front().permit(List.of(users));
        var names = Arrays.stream(users).map(AccessUser::name).sorted().toList();
        await("%s are let in".formatted(names), () -> node.front().admittedUsers().equals(names));
    }

    private static Wire connectAs(String user, String password) throws IOException {
        var wire = node.connect();
        assertThat(wire.ask("AUTH", user, password)).isEqualTo("OK");
        return wire;
    }

    // ---- logging in

    @Test
    void whoeverSaysNothingIsTheDefaultUser() throws IOException {
        try (var wire = node.connect()) {
            assertThat(wire.ask("ACL", "WHOAMI")).isEqualTo("default");
            assertThat(wire.ask("SET", "k", "v")).isEqualTo("OK");
            assertThat(wire.ask("AUTH", "secret"))
                    .startsWith("-ERR AUTH <password> called without any password configured");
            assertThat(wire.ask("AUTH", "default", "anything")).isEqualTo("OK");
            assertThat(wire.ask("AUTH", "a", "b", "c")).isEqualTo("-ERR syntax error");
        }
    }

    @Test
    void eachOfTwoPasswordsLogsAUserIn() throws IOException {
        for (var password : List.of("alice-password-1", "alice-password-2")) {
            try (var wire = connectAs("alice", password)) {
                assertThat(wire.ask("ACL", "WHOAMI")).isEqualTo("alice");
                assertThat(wire.ask("SET", "k", "v")).isEqualTo("OK");
            }
        }
        try (var wire = node.connect()) {
            assertThat(wire.ask("AUTH", "alice", "alice-password-3")).isEqualTo(WRONG_PASS);
            assertThat(wire.ask("AUTH", "nobody", "alice-password-1")).isEqualTo(WRONG_PASS);
            assertThat(wire.ask("ACL", "WHOAMI")).isEqualTo("default");
        }
    }

    @Test
    void helloLogsInAndChoosesTheProtocol() throws IOException {
        try (var wire = node.connect()) {
            assertThat(wire.ask("HELLO", "3", "AUTH", "alice", "wrong")).isEqualTo(WRONG_PASS);
            assertThat(wire.ask("HELLO", "3", "AUTH", "alice", "alice-password-1"))
                    .contains("proto 3");
            assertThat(wire.ask("ACL", "WHOAMI")).isEqualTo("alice");
            assertThat(wire.ask("SET", "k", "v")).isEqualTo("OK");
            assertThat(wire.ask("RESET")).isEqualTo("RESET");
            assertThat(wire.ask("ACL", "WHOAMI")).isEqualTo("default");
        }
    }

    @Test
    void withoutADefaultUserNothingIsAnsweredBeforeTheLogin() throws IOException {
        permit(ALICE);
        try (var wire = node.connect()) {
            for (var command :
                    List.of(
                            List.of("GET", "k"),
                            List.of("CLUSTER", "SLOTS"),
                            List.of("MULTI"),
                            List.of("SUBSCRIBE", "c"),
                            List.of("CLIENT", "LIST"),
                            List.of("ACL", "WHOAMI"))) {
                assertThat(wire.ask(command.toArray(new String[0]))).isEqualTo(NO_AUTH);
            }
            assertThat(wire.ask("NOSUCH")).startsWith("-ERR unknown command");
            assertThat(wire.ask("HELLO", "3")).startsWith("-NOAUTH HELLO must be called with");
            assertThat(wire.ask("AUTH", "alice-password-1")).isEqualTo(WRONG_PASS);
            assertThat(wire.ask("AUTH", "alice", "alice-password-1")).isEqualTo("OK");
            assertThat(wire.ask("GET", "k")).isEqualTo("nil");
            assertThat(wire.ask("RESET")).isEqualTo("RESET");
            assertThat(wire.ask("GET", "k")).isEqualTo(NO_AUTH);
        }
    }

    @Test
    void whoeverHasNotLoggedInMaySendLittle() throws IOException {
        permit(ALICE);
        try (var wire = node.connect()) {
            wire.sendRaw("*11\r\n");
            assertThat(wire.read())
                    .isEqualTo("-ERR Protocol error: unauthenticated multibulk length");
        }
        try (var wire = node.connect()) {
            wire.sendRaw("*2\r\n$4\r\nAUTH\r\n$16385\r\n");
            assertThat(wire.read()).isEqualTo("-ERR Protocol error: unauthenticated bulk length");
        }
    }

    @Test
    void aPipelineBehindALoginIsTheUsers() throws IOException {
        permit(ALICE);
        try (var wire = node.connect()) {
            wire.sendAll(
                    List.of(
                            List.of("AUTH", "alice", "alice-password-1"),
                            List.of("SET", "k", "v"),
                            List.of("GET", "k"),
                            List.of("ACL", "WHOAMI")));
            assertThat(wire.read()).isEqualTo("OK");
            assertThat(wire.read()).isEqualTo("OK");
            assertThat(wire.read()).isEqualTo("v");
            assertThat(wire.read()).isEqualTo("alice");
        }
    }

    // ---- rules

    @Test
    void theEnginesOwnRulesApply() throws IOException {
        try (var admin = node.connect();
                var wire = connectAs("reader", "reader-password")) {
            admin.ask("SET", "app:1", "v");
            assertThat(wire.ask("GET", "app:1")).isEqualTo("v");
            assertThat(wire.ask("GET", "other")).isEqualTo(noKey());
            assertThat(wire.ask("SET", "app:1", "w")).isEqualTo(noCommand("reader", "set"));
            assertThat(wire.ask("SUBSCRIBE", "c")).startsWith("-NOPERM");
            assertThat(wire.ask("GET", "app:1")).isEqualTo("v");
        }
    }

    @Test
    void theyApplyToWhatTheFrontAnswersToo() throws IOException {
        try (var wire = connectAs("reader", "reader-password")) {
            assertThat(wire.ask("CLIENT", "LIST")).isEqualTo(noCommand("reader", "client|list"));
            assertThat(wire.ask("ACL", "WHOAMI")).startsWith("-NOPERM");
            assertThat(wire.ask("ROLE")).startsWith("-NOPERM");
            assertThat(wire.ask("MULTI")).startsWith("-NOPERM");
            assertThat(wire.ask("SELECT", "0")).isEqualTo("OK");
            assertThat(wire.ask("GET", "app:1")).isEqualTo("nil");
        }
    }

    @Test
    void changedRulesHoldForThoseWhoAreConnected() throws IOException {
        try (var wire = connectAs("reader", "reader-password")) {
            assertThat(wire.ask("SET", "app:1", "w")).startsWith("-NOPERM");
            permit(
                    DEFAULT,
                    ALICE,
                    user("reader", "on ~app:* resetchannels -@all +@all", "other-password"));
            awaitPassed(() -> assertThat(ask(wire, "SET", "app:1", "w")).isEqualTo("OK"));
            awaitPassed(() -> assertThat(ask(wire, "ACL", "WHOAMI")).isEqualTo("reader"));
        }
    }

    @Test
    void whatMemoryDbWithholdsIsNotForScriptsEither() throws IOException {
        try (var wire = node.connect()) {
            assertThat(wire.ask("CONFIG", "GET", "port")).startsWith("-ERR unknown command");
            assertThat(wire.ask("EVAL", "return redis.call('SWAPDB', '0', '0')", "0"))
                    .startsWith(
                            node.isSince(7, 2, 7, 2)
                                    ? "-ERR ACL failure in script: User default has no permissions"
                                            + " to run the 'swapdb' command"
                                    : "-ERR The user executing the script can't run this command");
        }
    }

    @Test
    void aUserWhoseRulesTheEngineRefusesIsNotLetIn() throws IOException {
        node.front().permit(List.of(DEFAULT, user("odd", "on +nosuchcommand", "odd-password")));
        await(
                "default is let in alone",
                () -> node.front().admittedUsers().equals(List.of("default")));
        try (var wire = node.connect()) {
            assertThat(wire.ask("AUTH", "odd", "odd-password")).isEqualTo(WRONG_PASS);
        }
    }

    // ---- lanes

    @Test
    void aLaneOfOnesOwnIsTheUsersAndFollowsALogin() throws IOException {
        try (var admin = node.connect();
                var wire = connectAs("reader", "reader-password")) {
            admin.ask("RPUSH", "list", "x");
            assertThat(wire.ask("BLPOP", "list", "0")).startsWith("-NOPERM");
            assertThat(wire.ask("AUTH", "alice", "alice-password-1")).isEqualTo("OK");
            assertThat(wire.ask("BLPOP", "list", "0")).isEqualTo("[list x]");
            assertThat(wire.ask("WATCH", "k")).isEqualTo("OK");
            assertThat(wire.ask("AUTH", "default", "")).isEqualTo("OK");
            assertThat(wire.ask("MULTI")).isEqualTo("OK");
            assertThat(wire.ask("ACL", "WHOAMI")).isEqualTo("QUEUED");
            assertThat(wire.ask("AUTH", "default", "")).startsWith("-ERR Command not allowed");
            assertThat(wire.ask("DISCARD")).isEqualTo("OK");
            assertThat(wire.ask("ACL", "WHOAMI")).isEqualTo("default");
        }
    }

    @Test
    void aLaneThatWasInATransactionIsCleanForTheNextClient() throws IOException {
        permit(DEFAULT, user("half", "on ~* &* +@all -exec -discard", "half-password"));
        for (int i = 0; i < 3; i++) {
            try (var wire = connectAs("half", "half-password")) {
                assertThat(wire.ask("MULTI")).isEqualTo("OK");
                assertThat(wire.ask("SET", "k", "v")).isEqualTo("QUEUED");
                wire.ask("DISCARD");
                assertThat(wire.ask("SET", "k", "v")).isEqualTo("OK");
                assertThat(wire.ask("BLPOP", "none", "0.01")).isEqualTo("nil");
            }
        }
    }

    // ---- the list changes

    @Test
    void whoeverIsTakenOffTheListIsDisconnected() throws IOException {
        try (var alice = connectAs("alice", "alice-password-1");
                var blocked = connectAs("alice", "alice-password-1");
                var subscribed = connectAs("alice", "alice-password-1");
                var other = node.connect()) {
            assertThat(alice.ask("SET", "k", "v")).isEqualTo("OK");
            blocked.send("BLPOP", "none", "0");
            assertThat(subscribed.ask("SUBSCRIBE", "c")).contains("subscribe");
            permit(DEFAULT, READER);
            for (var wire : List.of(alice, blocked, subscribed)) {
                assertThatThrownBy(wire::read).isInstanceOf(IOException.class);
            }
            assertThat(other.ask("GET", "k")).isEqualTo("v");
            assertThat(other.ask("AUTH", "alice", "alice-password-1")).isEqualTo(WRONG_PASS);
            permit(DEFAULT, ALICE);
            assertThat(other.ask("AUTH", "alice", "alice-password-1")).isEqualTo("OK");
            assertThat(other.ask("SET", "k", "w")).isEqualTo("OK");
        }
    }

    @Test
    void whoeverIsDisabledIsDisconnectedToo() throws IOException {
        try (var alice = connectAs("alice", "alice-password-1")) {
            node.front()
                    .permit(
                            List.of(
                                    DEFAULT,
                                    new AccessUser(
                                            "alice",
                                            false,
                                            false,
                                            ALICE.passwordSha256Hex(),
                                            false,
                                            "off ~* +@all")));
            assertThatThrownBy(alice::read).isInstanceOf(IOException.class);
        }
    }

    @Test
    void usersAreListedWithoutTheirPasswords() throws IOException {
        try (var wire = node.connect()) {
            assertThat(wire.ask("ACL", "USERS")).isEqualTo("[alice default reader]");
            assertThat(wire.ask("ACL", "LIST"))
                    .isEqualTo(
                            "[user alice on ~* &* +@all user default on nopass ~* &* +@all user"
                                    + " reader on ~app:* resetchannels -@all +@read +select]");
            assertThat(wire.ask("ACL", "GETUSER", "reader"))
                    .isEqualTo(
                            "[flags [on] passwords [] commands -@all +@read +select keys ~app:* channels  %sselectors []]"
                                    .formatted(
                                            node.isValkeySince(9, 1) ? "databases alldbs " : ""));
            assertThat(wire.ask("ACL", "GETUSER", "nobody")).isEqualTo("nil");
            assertThat(wire.ask("ACL", "SETUSER", "x")).startsWith("-ERR unknown");
        }
        assertThat(ALICE.toString()).doesNotContain(sha256("alice-password-1"));
    }

    /// Also those of one millisecond, which is often enough here.
    @Test
    void theAclLogHasTheNewestFirstWhoeverHasSeenIt() throws IOException {
        try (var wire = node.connect();
                var reader = connectAs("reader", "reader-password")) {
            for (int i = 0; i < 20; i++) {
                assertThat(wire.ask("ACL", "LOG", "RESET")).isEqualTo("OK");
                if (i % 2 == 0) {
                    reader.ask("GET", "other");
                    wire.ask("AUTH", "alice", "wrong-password");
                    assertThat(wire.ask("ACL", "LOG"))
                            .containsSubsequence("username alice", "username reader");
                } else {
                    wire.ask("AUTH", "alice", "wrong-password");
                    reader.ask("GET", "other");
                    assertThat(wire.ask("ACL", "LOG"))
                            .containsSubsequence("username reader", "username alice");
                }
            }
        }
    }

    @Test
    void failedLoginsAreInTheAclLogBesideWhatTheEngineRefuses() throws IOException {
        try (var wire = node.connect();
                var reader = connectAs("reader", "reader-password")) {
            assertThat(wire.ask("ACL", "LOG", "RESET")).isEqualTo("OK");
            assertThat(wire.ask("ACL", "LOG")).isEqualTo("[]");
            reader.ask("GET", "other");
            wire.ask("AUTH", "alice", "wrong-password");
            wire.ask("AUTH", "alice", "wrong-password");
            wire.ask("HELLO", "3", "AUTH", "nobody", "wrong-password");
            assertThat(wire.ask("ACL", "LOG"))
                    .containsSubsequence(
                            "[count 1 reason auth context toplevel object HELLO username nobody",
                            "[count 2 reason auth context toplevel object AUTH username alice",
                            "[count 1 reason key context toplevel object other username reader")
                    .doesNotContain("wrong-password");
            assertThat(wire.ask("ACL", "LOG", "1")).contains("nobody").doesNotContain("alice");
            assertThat(wire.ask("ACL", "LOG", "x")).startsWith("-ERR value is not an integer");
            assertThat(wire.ask("ACL", "LOG", "RESET")).isEqualTo("OK");
            assertThat(wire.ask("ACL", "LOG")).isEqualTo("[]");
        }
    }

    @Test
    void monitorEndsWithTheRightToIt() throws IOException {
        var watcher = "on ~* resetchannels -@all +get";
        permit(DEFAULT, user("watcher", watcher + " +monitor", "watcher-password"));
        try (var watching = connectAs("watcher", "watcher-password");
                var other = node.connect()) {
            assertThat(watching.ask("MONITOR")).isEqualTo("OK");
            assertThat(other.ask("GET", "before")).isEqualTo("nil");
            assertThat(watching.read()).contains("before");
            permit(DEFAULT, user("watcher", watcher + " +monitor +set", "watcher-password"));
            assertThat(other.ask("GET", "between")).isEqualTo("nil");
            assertThat(watching.read()).contains("between");
            permit(DEFAULT, user("watcher", watcher, "watcher-password"));
            assertThatThrownBy(watching::read).isInstanceOf(IOException.class);
        }
    }

    @Test
    void newsOfAllKeysEndWithTheRightsUnderWhichTheyWereAskedFor() throws IOException {
        permit(DEFAULT, user("tracker", "on ~* resetchannels +@all", "tracker-password"));
        try (var tracking = connectAs("tracker", "tracker-password");
                var other = node.connect()) {
            tracking.ask("HELLO", "3");
            assertThat(tracking.ask("CLIENT", "TRACKING", "ON", "BCAST")).isEqualTo("OK");
            assertThat(other.ask("SET", "before", "v")).isEqualTo("OK");
            assertThat(tracking.read()).contains("invalidate").contains("before");
            permit(DEFAULT, user("tracker", "on ~app:* resetchannels +@all", "tracker-password"));
            assertThatThrownBy(tracking::read).isInstanceOf(IOException.class);
        }
    }

    @Test
    void whoMayNotTouchAKeyIsToldSoBeforeWhereItIs() throws IOException {
        try (var reader = connectAs("reader", "reader-password");
                var other = node.connect()) {
            assertThat(reader.ask("MGET", "a", "b")).isEqualTo(noKey());
            assertThat(reader.ask("MSET", "app:a", "1", "app:b", "2"))
                    .isEqualTo(noCommand("reader", "mset"));
            assertThat(reader.ask("MGET", "app:a", "app:b")).startsWith("-CROSSSLOT");
            assertThat(other.ask("MGET", "a", "b")).startsWith("-CROSSSLOT");
            for (int i = 0; i < 100; i++) {
                reader.sendAll(
                        List.of(
                                List.of("GET", "app:a"),
                                List.of("MGET", "a", "b"),
                                List.of("ECHO", "x"),
                                List.of("GET", "app:b")));
                assertThat(reader.read()).isEqualTo("nil");
                assertThat(reader.read()).isEqualTo(noKey());
                assertThat(reader.read()).startsWith("-NOPERM").contains("echo");
                assertThat(reader.read()).isEqualTo("nil");
            }
        }
    }

    // ---- durability

    @Test
    void theWriteOfARestrictedUserIsAnsweredOnlyOnceItIsDurable(@TempDir Path other)
            throws Exception {
        try (var holding = ServedNode.start(other, FrontOptions.standard())) {
            var writer = user("writer", "on ~* resetchannels -@all +set +get", "writer-password");
            holding.front().permit(List.of(DEFAULT, writer));
            try (var wire = holding.connect();
                    var reader = holding.connect()) {
                awaitPassed(() ->
                        assertThat(ask(wire, "AUTH", "writer", "writer-password")).isEqualTo("OK"));
                wire.send("SET", "k", "v");
                reader.send("GET", "k");
                assertThat(wire.hasReplyWithin(50)).isFalse();
                assertThat(reader.hasReplyWithin(50)).isFalse();
                holding.front().onDurable(Long.MAX_VALUE);
                assertThat(wire.read()).isEqualTo("OK");
                assertThat(reader.read()).isEqualTo("v");
            }
        }
    }

    @Test
    void whatARemovedUserWroteIsReadByOthersOnlyOnceItIsDurable(@TempDir Path other)
            throws Exception {
        try (var holding = ServedNode.start(other, FrontOptions.standard())) {
            holding.front().permit(List.of(DEFAULT, ALICE));
            try (var wire = holding.connect();
                    var reader = holding.connect()) {
                awaitPassed(() ->
                        assertThat(ask(wire, "AUTH", "alice", "alice-password-1")).isEqualTo("OK"));
                wire.send("SET", "k", "v");
                await("it is executed", () -> command(holding, "EXISTS", "k").contains("1"));
                holding.front().permit(List.of(DEFAULT));
                assertThatThrownBy(wire::read).isInstanceOf(IOException.class);
                reader.send("GET", "k");
                assertThat(reader.hasReplyWithin(50)).isFalse();
                holding.front().onDurable(Long.MAX_VALUE);
                assertThat(reader.read()).isEqualTo("v");
                assertThat(reader.ask("GET", "k")).isEqualTo("v");
            }
        }
    }

    private static String command(ServedNode node, String... command) {
        try {
            return node.engine().command(command).toString();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static String ask(Wire wire, String... command) {
        try {
            return wire.ask(command);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void aUserIsDescribedByHashesAlone() {
        assertThatThrownBy(() -> new AccessUser("a", true, false, Set.of("secret"), false, "on"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContaining("secret");
    }
}
