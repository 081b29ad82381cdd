package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.shard.Publication;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// `PUBLISH` on a node that is no primary. The engine of a replica would reach only its own
/// subscribers.
class RelayedPublishTest {
    @AutoClose private final TestFront node = TestFront.replica();
    private final List<String> atPrimary = new CopyOnWriteArrayList<>();
    private final List<String> toOthers = new CopyOnWriteArrayList<>();
    private final CompletableFuture<Long> heard = new CompletableFuture<>();

    @BeforeEach
    void start() throws Exception {
        node.front.relayVia(
                new PublishRelay() {
                    @Override
                    public CompletableFuture<Long> atPrimary(String of, Publication publication) {
                        atPrimary.add(shown(of, publication));
                        return heard;
                    }

                    @Override
                    public void toOtherShards(String of, Publication publication) {
                        toOthers.add(shown(of, publication));
                    }
                });
    }

    private static String shown(String of, Publication publication) {
        return "%s %s %s"
                .formatted(
                        of,
                        new String(publication.channel(), UTF_8),
                        new String(publication.message(), UTF_8));
    }

    private void publish(SocketClient client) throws Exception {
        client.send("PUBLISH", "c", "m");
        TestFront.await("the primary is asked", () -> !atPrimary.isEmpty());
    }

    @Test
    void theShardsPrimaryPublishesAndTheClientGetsTheNumberOfSubscribers() throws Exception {
        node.serveAsReplica();
        try (var client = node.connect()) {
            publish(client);
            assertThat(atPrimary).containsExactly("n1-replica c m");
            assertThat(client.poll()).isNull();
            heard.complete(4L);
            assertThat(client.read()).isEqualTo(":4");
        }
        assertThat(node.engine.asked("PUBLISH")).as("it comes with the log").isEmpty();
    }

    /// A client's next command sees the effect of the one before.
    @Test
    void laterCommandsWaitForTheAnswer() throws Exception {
        node.serveAsReplica();
        try (var client = node.connect()) {
            publish(client);
            client.send("ECHO", "x");
            heard.complete(1L);
            assertThat(List.of(client.read(), client.read())).containsExactly(":1", "+OK");
        }
    }

    @Test
    void theRefusalOfThePrimaryIsPassedOn() throws Exception {
        node.serveAsReplica();
        try (var client = node.connect()) {
            publish(client);
            heard.completeExceptionally(new PublicationRefusedException("MISCONF no room"));
            assertThat(client.read()).isEqualTo("-MISCONF no room");
        }
    }

    /// The engine checks the rules, and is asked before any subscriber gets the message.
    @Test
    void aUserWithoutTheRightToAChannelIsRefusedAsInRedis() throws Exception {
        String why = "This user has no permissions to access the 'c' channel";
        node.engine.on("acl dryrun", "$%d\r\n%s\r\n".formatted(why.length(), why));
        node.serveAsReplica();
        assertThat(node.answer("PUBLISH c m"))
                .isEqualTo(
                        "-NOPERM this user has no permissions to access one of the channels used as"
                                + " arguments");
        assertThat(node.engine.asked("ACL DRYRUN"))
                .containsExactly("ACL DRYRUN default:clients PUBLISH c ");
        assertThat(atPrimary).isEmpty();
    }

    @Test
    void theErrorOfABusyEngineIsPassedOn() throws Exception {
        node.engine.on("acl dryrun", "-BUSY Redis is busy\r\n");
        node.serveAsReplica();
        assertThat(node.answer("PUBLISH c m")).isEqualTo("-BUSY Redis is busy");
        assertThat(atPrimary).isEmpty();
    }

    // ---- while the node loads

    @Test
    void aNodeThatLoadsAsksThePrimaryToPublish() throws Exception {
        try (var client = node.connect()) {
            publish(client);
            heard.complete(2L);
            assertThat(client.read()).isEqualTo(":2");
        }
        assertThat(toOthers).isEmpty();
    }

    /// There are no subscribers in this shard; other shards get the message from this node.
    @Test
    void withoutAPrimaryOtherShardsGetTheMessage() throws Exception {
        try (var client = node.connect()) {
            publish(client);
            heard.completeExceptionally(new NoPrimaryException("none"));
            assertThat(client.read()).isEqualTo(":0");
        }
        assertThat(toOthers).containsExactly("n1-replica c m");
    }

    @Test
    void anUnknownOutcomeIsNotReportedAsSuccess() throws Exception {
        try (var client = node.connect()) {
            publish(client);
            heard.completeExceptionally(new IllegalStateException("lost"));
            assertThat(client.read()).startsWith("-LOADING ");
        }
        assertThat(toOthers).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"on ~* &news +@all", "on ~* &* +@all -publish"})
    void aUserWithUncheckedRulesCannotPublish(String rules) throws Exception {
        var admitted = new CountDownLatch(1);
        node.front.permit(
                List.of(new AccessUser("default", true, true, Set.of(), false, rules)),
                admitted::countDown);
        assertThat(admitted.await(60, TimeUnit.SECONDS)).isTrue();
        assertThat(node.answer("PUBLISH c m")).startsWith("-LOADING ");
        assertThat(atPrimary).isEmpty();
    }
}
