package dev.keepsake.front;

import dev.keepsake.resp.RespValue;
import dev.keepsake.shard.Publication;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/// Publishes on a primary what clients of other nodes publish, and sends other shards what was
/// published here. Owned by the node's event loop.
final class Publishing {
    private static final byte[] PUBLISH = {'P', 'U', 'B', 'L', 'I', 'S', 'H'};

    private final ThisNode node;
    private final EngineSide engine;
    private final FullLog fullLog;
    private final Intake intake;
    private final HeldPublications held;
    private final ArrayDeque<CompletableFuture<Long>> unanswered = new ArrayDeque<>(); // in order
    private PublishRelay relay = PublishRelay.none();

    Publishing(
            ThisNode node,
            EngineSide engine,
            FullLog fullLog,
            Intake intake,
            HeldPublications held) {
        this.node = node;
        this.engine = engine;
        this.fullLog = fullLog;
        this.intake = intake;
        this.held = held;
    }

    /// Sends what is published here to the subscribers of other nodes, from now on.
    void relayVia(PublishRelay relay) {
        this.relay = relay;
    }

    PublishRelay relay() {
        return relay;
    }

    /// Publishes for a client of another node of the shard.
    ///
    /// @param heard how many subscribers of this node got the message; fails when it is unknown
    ///   whether it was published
    void forAnotherNode(Publication publication, CompletableFuture<Long> heard) {
        String refusal = fullLog.refusal();
        if (refusal == null) {
            publish(publication, heard);
        } else {
            heard.completeExceptionally(new PublicationRefusedException(refusal));
        }
    }

    /// Publishes a message that was published in another shard. The message is dropped when the
    /// node does not serve as a primary, when its engine or its log is so far behind that it
    /// accepts no commands, and when there is no room in the heap for what waits for the log.
    void fromAnotherShard(Publication publication) {
        var control = engine.controlLane();
        if (node.isPrimary()
                && control != null
                && !control.isFull()
                && !intake.isFull()
                && held.expect(publication)) {
            var heard = new CompletableFuture<Long>();
            publish(publication, heard);
            heard.exceptionally(failure -> {
                held.takeExpected(publication); // it will not come back with the log
                return 0L;
            });
        }
    }

    private void publish(Publication publication, CompletableFuture<Long> heard) {
        var control = engine.controlLane();
        if (control == null || !node.isPrimary()) {
            heard.completeExceptionally(
                    new NoPrimaryException(
                            "node %s is no primary at present".formatted(node.name())));
            return;
        }
        unanswered.addLast(heard);
        control.ask(
                reply -> {
                    unanswered.removeFirst(); // this publication
                    if (reply instanceof RespValue.IntegerReply(long subscribers)) {
                        // A client of another node gets the answer, so it waits as a reply would
                        // here.
                        engine.parkLate(new Parked.Answer(heard, subscribers));
                    } else {
                        heard.completeExceptionally(
                                new IllegalStateException("the engine refused to publish"));
                    }
                },
                PUBLISH,
                publication.channel(),
                publication.message());
    }

    /// A message was published on this node's engine and is durable. It is sent to the other
    /// shards, unless it has come from one of them.
    void onPublished(Publication publication) {
        if (!held.takeExpected(publication) && node.isPrimary()) {
            relay.toOtherShards(node.name(), publication);
        }
    }

    /// The engine has gone: it is unknown which of the open publications it has made.
    void onEngineLeft() {
        var unknown = List.copyOf(unanswered);
        unanswered.clear();
        unknown.forEach(Parked.Answer::unknown);
    }
}
