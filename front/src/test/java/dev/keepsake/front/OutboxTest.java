package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class OutboxTest {
    private final FakeRules node = new FakeRules();
    private final StringBuilder sent = new StringBuilder();
    private final List<ReplyQueue> clients = new ArrayList<>();

    @AfterEach
    void release() {
        clients.forEach(ReplyQueue::discard);
    }

    private ReplyQueue client() {
        var client = new ReplyQueue(node, new FakeOutlet(sent));
        clients.add(client);
        return client;
    }

    private static ByteBuf bytes(String text) {
        return Unpooled.copiedBuffer(text, US_ASCII);
    }

    @Test
    void eachTouchedClientGetsItsReplies() {
        client().tell(bytes("a"));
        client().deliver(bytes("b"));
        assertThat(node.outbox.isEmpty()).isFalse();
        node.outbox.flush();
        assertThat(sent).hasToString("ab");
        assertThat(node.outbox.isEmpty()).isTrue();
    }

    @Test
    void repliesThatDependOnDataWaitUntilTheLeaseHoldsAgain() {
        node.lease = false;
        client().tell(bytes("a"));
        client().deliver(bytes("b"));
        node.outbox.flush();
        assertThat(sent).hasToString("b");
        node.lease = true;
        node.outbox.flush();
        assertThat(sent).hasToString("ba");
    }

    /// Sent replies take memory. When that is measured, clients may continue, and their answers are
    /// sent before those of the others.
    @Test
    void aFlushMayHappenDuringAFlush() {
        client().tell(bytes("a"));
        client().tell(bytes("b"));
        client().tell(bytes("c"));
        node.onGrowth =
                () -> {
                    node.onGrowth = () -> {};
                    client().tell(bytes("x"));
                    node.outbox.flush();
                };
        node.outbox.flush();
        assertThat(sent.chars().sorted().mapToObj(Character::toString).toList())
                .containsExactly("a", "b", "c", "x");
        assertThat(node.outbox.isEmpty()).isTrue();
    }

    @Test
    void removedClientsGetNothing() {
        var gone = client();
        gone.tell(bytes("a"));
        client().tell(bytes("b"));
        node.outbox.removeIf(replies -> replies == gone);
        node.outbox.flush();
        assertThat(sent).hasToString("b");
    }
}
