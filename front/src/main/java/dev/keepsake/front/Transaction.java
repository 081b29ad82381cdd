package dev.keepsake.front;

import dev.keepsake.resp.CommandSpec;
import dev.keepsake.resp.Trait;
import io.netty.buffer.ByteBuf;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// The open transaction of one client. It begins at MULTI and ends at EXEC, DISCARD or RESET. The
/// engine queues the commands. This class has what the front needs at EXEC: whether the transaction
/// may be executed here, how long its reply waits, and which answers are the front's own.
///
/// | fate | what it means | EXEC |
/// | --- | --- | --- |
/// | executable | nothing has failed yet | executed, if this node is responsible for it |
/// | across slots | its keys belong to several slots | CROSSSLOT |
/// | failed | the front has refused a command of it | EXECABORT |
///
/// The first failure decides. Owned by the node's event loop; no I/O.
final class Transaction {
    static final String EXEC_ABORT = "EXECABORT Transaction discarded because of previous errors.";
    private static final String ABORT_BECAUSE = "EXECABORT Transaction discarded because of: ";
    private static final int NO_SLOT = -1;

    private enum Fate {
        EXECUTABLE,
        ACROSS_SLOTS,
        FAILED
    }

    /// What at least one command of it does.
    private enum Content {
        /// It has an outcome that must not be reported as an error.
        CHANGE,
        /// It sends something to replicas.
        REPLICATED,
        /// It is for primaries alone.
        FOR_PRIMARY
    }

    private final QueuedAnswers answers = new QueuedAnswers();
    private final Set<Content> contents = EnumSet.noneOf(Content.class);
    private Fate fate = Fate.EXECUTABLE;
    private int slot = NO_SLOT;
    private long weightBytes;

    /// The front has refused a command of it.
    void fail() {
        if (fate == Fate.EXECUTABLE) {
            fate = Fate.FAILED;
        }
    }

    /// A command is about to be queued whose keys have this slot, or -1 for a command without keys.
    /// A command behind a failure is not queued, so its slot does not count.
    void noteSlot(int slotOfKeys) {
        if (slotOfKeys >= 0 && fate != Fate.FAILED) {
            if (slot >= 0 && slot != slotOfKeys) {
                fate = Fate.ACROSS_SLOTS;
            }
            slot = slotOfKeys;
        }
    }

    /// Queues a command.
    ///
    /// @param bytes its weight
    /// @param change the front's change of the engine's answer, or null when the answer is passed
    ///   on
    void queue(CommandSpec spec, long bytes, @Nullable UnaryOperator<ByteBuf> change) {
        noteContent(spec, bytes);
        if (change == null) {
            answers.add();
        } else {
            answers.add(change);
        }
    }

    /// Queues a command that the front answers.
    ///
    /// @param heapBytes how much heap it uses until EXEC; this is also its weight
    /// @param answer makes the answer that takes the place of the engine's
    void queueAnswer(CommandSpec spec, long heapBytes, UnaryOperator<ByteBuf> answer) {
        noteContent(spec, heapBytes);
        answers.add(answer, heapBytes);
    }

    /// Queues a change of subscriptions, which the engine confirms channel by channel.
    void queueSubscription(int channels, Consumer<ByteBuf> onConfirmed) {
        contents.add(Content.CHANGE);
        answers.add(channels, onConfirmed);
    }

    private void noteContent(CommandSpec spec, long bytes) {
        weightBytes += bytes;
        if (Patience.of(spec) != Patience.LIMITED) {
            contents.add(Content.CHANGE);
        }
        if (spec.mayReplicate()) {
            contents.add(Content.REPLICATED);
        }
        if (spec.is(Trait.RELAYED) || (!spec.effect().isRead() && !spec.isCarriedOutByReplicas())) {
            contents.add(Content.FOR_PRIMARY);
        }
    }

    /// The engine keeps so many more bytes for what is queued.
    void addWeight(long bytes) {
        weightBytes += bytes;
    }

    /// About how many bytes the engine keeps for it.
    long weightBytes() {
        return weightBytes;
    }

    /// About how much heap the front uses for it.
    long heapBytes() {
        return answers.heapBytes();
    }

    /// How many commands the client has queued.
    int count() {
        return answers.count();
    }

    /// Whether EXEC sends something to replicas.
    boolean mayReplicate() {
        return contents.contains(Content.REPLICATED);
    }

    /// Whether EXEC changes nothing, so that an error may stand in the place of its reply.
    boolean isReadOnly() {
        return !contents.contains(Content.CHANGE);
    }

    /// Why EXEC executes nothing, or null when the engine decides. The node may have handed over
    /// its role since the transaction began, so that the queued commands are not for it any more.
    /// As in Redis, the keys decide.
    ///
    /// @param primary whether this node is the primary of its shard
    /// @param readsHere whether the client reads from replicas
    /// @param moved makes the error that redirects a client to the primary of a slot
    /// @param writeRefusal why writes are refused at present, or null
    @Nullable String whyAborted(
            boolean primary,
            boolean readsHere,
            IntFunction<String> moved,
            @Nullable String writeRefusal) {
        if (fate == Fate.ACROSS_SLOTS) {
            return Route.CROSS_SLOT;
        }
        String elsewhere = primary ? null : whyElsewhere(readsHere, moved);
        if (elsewhere != null) {
            return elsewhere;
        }
        if (fate == Fate.FAILED) {
            return EXEC_ABORT;
        }
        return writeRefusal != null && mayReplicate() ? ABORT_BECAUSE + writeRefusal : null;
    }

    private @Nullable String whyElsewhere(boolean readsHere, IntFunction<String> moved) {
        boolean forPrimary = contents.contains(Content.FOR_PRIMARY);
        if (slot >= 0) {
            return readsHere && !forPrimary ? null : moved.apply(slot);
        }
        return forPrimary ? ABORT_BECAUSE + Route.READ_ONLY_REPLICA : null;
    }

    /// Makes the client's reply from the engine's reply to EXEC; null when that is passed on.
    @Nullable UnaryOperator<ByteBuf> changeOfReply() {
        return answers.areAllOfTheEngine() ? null : answers::changed;
    }
}
