package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepsake.shard.Publication;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Messages of clients of other nodes, and messages for other shards.
class PublishingTest {
    @AutoClose private final TestFront node = new TestFront();
    private final List<String> toOtherShards = new CopyOnWriteArrayList<>();

    @BeforeEach
    void start() throws Exception {
        node.engine.on("publish", ":3\r\n");
        node.front.relayVia(
                new PublishRelay() {
                    @Override
                    public CompletableFuture<Long> atPrimary(String of, Publication publication) {
                        throw new AssertionError("this is the primary");
                    }

                    @Override
                    public void toOtherShards(String of, Publication publication) {
                        toOtherShards.add(of + " " + new String(publication.message(), UTF_8));
                    }
                });
    }

    private static Publication publication(String message) {
        return new Publication("c".getBytes(UTF_8), message.getBytes(UTF_8));
    }

    /// Everything that was submitted to the event loop before has been executed then.
    private void settle() throws Exception {
        node.onLoop(() -> "");
    }

    /// A client of another node gets the number of subscribers, which waits like a reply here.
    @Test
    void aPublisherOnAnotherNodeIsAnsweredOnceTheMessageIsDurable() throws Exception {
        node.serve();
        try (var writer = node.connect();
                var observer = node.connect()) {
            String id = writer.ask("CLIENT ID").substring(1);
            writer.send("SET", "k", "v");
            TestFront.await(
                    "the write is held",
                    () -> observer.ask("CLIENT LIST ID " + id).contains(" oll=1 "));
            var heard = node.front.publish(publication("m"));
            TestFront.await("the engine is asked", () -> !node.engine.asked("PUBLISH").isEmpty());
            assertThat(observer.ask("ACL LOG RESET"))
                    .as("asked over the same lane")
                    .isEqualTo("+OK");
            assertThat(heard).isNotDone();
            node.front.onDurable(node.engine.offset());
            assertThat(heard.get(60, TimeUnit.SECONDS)).isEqualTo(3);
            assertThat(writer.read()).isEqualTo("+OK");
        }
    }

    @Test
    void aReplicaDoesNotPublishForOtherNodes() throws Exception {
        var heard = node.front.publish(publication("m"));
        assertThatThrownBy(() -> heard.get(60, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(NoPrimaryException.class)
                .hasMessageContaining("n1");
    }

    @Test
    void aLogWithoutRoomRefusesMessages() throws Exception {
        node.serveDurably();
        node.front.refuseWrites("no space left");
        var heard = node.front.publish(publication("m"));
        assertThatThrownBy(() -> heard.get(60, TimeUnit.SECONDS))
                .hasCauseInstanceOf(PublicationRefusedException.class)
                .hasMessageContaining("no space left");
        assertThat(node.engine.asked("PUBLISH")).isEmpty();
    }

    @Test
    void theErrorOfAnEngineThatDoesNotPublishIsReported() throws Exception {
        node.serveDurably();
        node.engine.on("publish", "-ERR no\r\n");
        var heard = node.front.publish(publication("m"));
        assertThatThrownBy(() -> heard.get(60, TimeUnit.SECONDS))
                .hasMessageContaining("refused to publish");
    }

    /// The outcome is unknown; the message may still come with the log.
    @Test
    void theOutcomeIsUnknownWhenTheEngineIsLost() throws Exception {
        node.serveDurably();
        node.engine.on("publish", "");
        var heard = node.front.publish(publication("m"));
        TestFront.await("it is asked", () -> !node.engine.asked("PUBLISH").isEmpty());
        node.front.stopServing();
        assertThatThrownBy(() -> heard.get(60, TimeUnit.SECONDS))
                .hasMessageContaining("it is unknown whether the message was published");
    }

    // ---- between shards

    @Test
    void aMessageThatIsPublishedHereIsSentToOtherShards() throws Exception {
        node.serveDurably();
        node.front.onPublished(publication("mine"));
        settle();
        assertThat(toOtherShards).containsExactly("n1 mine");
    }

    /// Otherwise it would circulate between the shards for ever.
    @Test
    void aMessageOfAnotherShardIsNotSentBack() throws Exception {
        node.serveDurably();
        node.front.publishFromAnotherShard(publication("theirs"));
        TestFront.await("it is published", () -> !node.engine.asked("PUBLISH").isEmpty());
        node.front.onPublished(publication("theirs"));
        settle();
        assertThat(toOtherShards).isEmpty();
        node.front.onPublished(publication("theirs")); // by a client of this node
        settle();
        assertThat(toOtherShards).containsExactly("n1 theirs");
    }

    /// The next message with the same text comes from another client.
    @Test
    void aMessageThatCouldNotBePublishedIsNotExpectedBack() throws Exception {
        node.serveDurably();
        node.engine.on("publish", "-ERR no\r\n");
        node.front.publishFromAnotherShard(publication("m"));
        TestFront.await("it is asked", () -> !node.engine.asked("PUBLISH").isEmpty());
        assertThat(node.answer("ACL LOG")).as("asked over the same lane").isEqualTo("*0");
        node.front.onPublished(publication("m"));
        settle();
        assertThat(toOtherShards).containsExactly("n1 m");
    }

    @Test
    void aReplicaSendsNothingToOtherShards() throws Exception {
        node.serveAsReplica();
        node.front.onPublished(publication("m"));
        node.front.publishFromAnotherShard(publication("m"));
        settle();
        assertThat(toOtherShards).isEmpty();
        assertThat(node.engine.asked("PUBLISH")).isEmpty();
    }
}
