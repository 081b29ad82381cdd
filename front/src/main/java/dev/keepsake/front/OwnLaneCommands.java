package dev.keepsake.front;

import dev.keepsake.resp.CommandSpec;
import dev.keepsake.resp.RespWriter;
import dev.keepsake.resp.Trait;
import dev.keepsake.shard.DirtyKeys;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// Sends the commands of one client over its own lane, and follows the state that the engine keeps
/// for the client: a transaction, and watched keys. Owned by the node's event loop; no I/O.
///
/// The caller has made sure that the lane accepts the command now, and counts one reply as owed.
final class OwnLaneCommands {
    /// What a lane has to do for these commands.
    interface Lane {
        /// The keys that the next command writes, and those of the transaction that it ends.
        MarkList marks();

        /// Sends a command as its client has given it.
        void submit(Command command, OwnReplyKind kind);

        /// The same for a command whose reply the front changes or reads.
        void submit(Command command, UnaryOperator<ByteBuf> change);

        /// Sends a command that the front has made. The buffer becomes the lane's.
        ///
        /// @param replacement the error in the place of the reply, if there is to be one
        void submit(ByteBuf command, OwnReplyKind kind, String replacement);

        /// The same for a command whose reply the front changes or reads.
        void submit(ByteBuf command, UnaryOperator<ByteBuf> change);

        /// Sends a command that changes subscriptions.
        void submitChange(Command command);

        /// Expects the reply to a command that is sent piece by piece.
        void expect(OwnReplyKind kind, String replacement);

        /// Sends a piece of it. The buffer becomes the lane's.
        void send(ByteBuf piece);

        /// Sets how long the reply to the next command waits for a log without room.
        void notePatience(Patience ofNext);

        /// The newest command may wait for data.
        void noteBlocking();

        /// The engine keeps state for the client that may last longer than the front believes.
        void stain();

        /// EXEC has changed a subscription.
        void onExecuted(ByteBuf confirmation);
    }

    /// Another command that the engine gets in the place of the client's.
    ///
    /// @param shown makes the client's reply from the engine's
    record Instead(List<String> words, UnaryOperator<ByteBuf> shown) {}

    /// The node and the client, as far as their commands need them.
    interface Surroundings {
        boolean isPrimary();

        /// The keys that have been written and are not durable.
        DirtyKeys dirtyKeys();

        Topology topology();

        /// Why writes are refused, or null.
        @Nullable String writeRefusal();

        /// An operator may have allowed the engine to evict keys.
        void onEvictionAllowed();

        /// So many more bytes of heap are used for the client, who may be closed for it.
        void noteHeapGrowth(long bytes);

        Session session();

        /// The front's change of the engine's reply, or null when the reply is passed on as it is.
        @Nullable UnaryOperator<ByteBuf> changeOf(CommandSpec spec);

        /// What the engine gets instead of a command, or null when it gets the command.
        @Nullable Instead instead(Command command);

        /// The client's reply for a replica's reply to a script call with keys of this slot.
        ByteBuf sentOn(ByteBuf reply, int slot);
    }

    private final Surroundings around;
    private final LargeIntake large;
    private final ByteBufAllocator allocator;
    private final Watches watches = new Watches();
    private @Nullable Transaction transaction;

    OwnLaneCommands(Surroundings around, LargeIntake large, ByteBufAllocator allocator) {
        this.around = around;
        this.large = large;
        this.allocator = allocator;
    }

    // ---- state that the engine keeps

    /// The transaction that is open, or null.
    @Nullable Transaction transaction() {
        return transaction;
    }

    /// The keys that the client watches.
    Watches watches() {
        return watches;
    }

    /// About how many bytes the engine keeps for the transaction.
    long queuedBytes() {
        return transaction == null ? 0 : transaction.weightBytes();
    }

    /// About how much heap the front uses for it.
    long heapBytes() {
        return transaction == null ? 0 : transaction.heapBytes();
    }

    /// Begins a transaction that no engine knows. It always fails.
    void begin() {
        transaction = new Transaction();
    }

    /// The front has refused a command of the transaction, if there is one.
    void fail() {
        if (transaction != null) {
            transaction.fail();
        }
    }

    /// Ends the transaction. Without MULTI, EXEC and DISCARD are errors, and the engine continues
    /// to watch.
    void end() {
        if (transaction != null) {
            forget();
        }
    }

    /// Ends the transaction and the watches.
    void forget() {
        transaction = null;
        watches.end();
    }

    private Transaction open() {
        var open = transaction;
        if (open == null) {
            throw new IllegalStateException("no transaction is open");
        }
        return open;
    }

    // ---- sending

    /// Whether a command has to wait until nothing else is under way, because its confirmations
    /// could not be distinguished from other replies.
    boolean mustBeAlone(Command command) {
        return transaction == null && command.spec().changesSubscriptions();
    }

    /// Sends a command.
    void submit(Command command, Lane lane) {
        var spec = command.spec();
        if (around.isPrimary()) {
            lane.marks().markWrites(command, around.dirtyKeys());
        }
        if (spec.is(Trait.OPERATOR) && OperatorCommands.allowsEviction(spec, command.arguments())) {
            around.onEvictionAllowed();
        }
        var open = transaction;
        if (spec.changesSubscriptions()) {
            submitSubscription(command, lane);
        } else if (spec.is(Trait.MULTI)) {
            lane.submit(command, OwnReplyKind.NOW);
            transaction = open == null ? new Transaction() : open;
        } else if (spec.is(Trait.EXEC)) {
            submitExec(command, lane);
        } else if (spec.is(Trait.DISCARD)) {
            lane.submit(command, OwnReplyKind.WAIT_IF_NOT_OK);
            end();
        } else if (open == null) {
            submitAlone(command, lane);
        } else {
            submitQueued(open, command, lane);
        }
    }

    private void submitSubscription(Command command, Lane lane) {
        var open = transaction;
        if (open == null) {
            lane.submitChange(command);
        } else {
            queueSubscription(open, command, lane);
        }
    }

    /// Queues a command for each channel; the client gets the reply to the first.
    private void queueSubscription(Transaction open, Command command, Lane lane) {
        var arguments = command.arguments();
        open.noteSlot(command.slot());
        open.queueSubscription(arguments.count() - 1, lane::onExecuted);
        lane.stain();
        for (int i = 1; i < arguments.count(); i++) {
            var ofOne = allocator.ioBuffer(128);
            RespWriter.command(ofOne, arguments.bytes(0), arguments.bytes(i));
            open.addWeight(ofOne.readableBytes());
            lane.submit(ofOne, i == 1 ? OwnReplyKind.NOW : OwnReplyKind.NOBODYS, "");
        }
        around.noteHeapGrowth(open.heapBytes()); // at least the heap that this has added
    }

    /// Sends a command that becomes part of a transaction.
    private void submitQueued(Transaction open, Command command, Lane lane) {
        var spec = command.spec();
        if (spec.is(Trait.WATCH)) {
            // Refused at once, and no part of what EXEC executes.
            submitOrPassOn(command, lane, OwnReplyKind.NOW);
            return;
        }
        var instead = around.instead(command);
        if (instead != null) {
            var other = command(instead.words().toArray(String[]::new));
            open.queue(spec, other.readableBytes(), instead.shown());
            lane.submit(other, OwnReplyKind.NOW, "");
            return;
        }
        open.noteSlot(command.slot());
        open.queue(spec, large.isOn() ? 0 : command.weightBytes(), around.changeOf(spec));
        submitOrPassOn(command, lane, OwnReplyKind.NOW);
        if (spec.mayChangeItsLane()) {
            lane.stain();
        }
    }

    /// Sends a command outside a transaction.
    private void submitAlone(Command command, Lane lane) {
        var spec = command.spec();
        lane.notePatience(Patience.of(spec));
        var change = around.changeOf(spec);
        var instead = around.instead(command);
        boolean watch = spec.is(Trait.WATCH);
        boolean unwatch = spec.is(Trait.UNWATCH);
        if (instead != null) {
            lane.submit(command(instead.words().toArray(String[]::new)), instead.shown());
        } else if (change != null) {
            lane.submit(command, change);
        } else if (watch || unwatch) {
            submitOrPassOn(command, lane, OwnReplyKind.WAIT_IF_NOT_OK);
        } else if (!large.isOn() && mayBeSentOn(command)) {
            int slot = command.slot();
            lane.submit(command, reply -> around.sentOn(reply, slot));
        } else if (spec.is(Trait.SCRIPT)) {
            submitOrPassOn(command, lane, OwnReplyKind.SCRIPT);
        } else {
            submitOrPassOn(command, lane, OwnReplyKind.WAIT);
        }
        if (command.blocks()) {
            lane.noteBlocking();
        }
        if (watch) {
            watches.add(command.argumentCount() - 1);
            lane.stain();
        } else if (unwatch) {
            watches.end();
        } else if (spec.mayChangeItsLane()) {
            lane.stain();
        }
    }

    /// Whether this is a script call with keys on a replica. The replica redirects the client to
    /// the primary if its engine takes the call for a write.
    boolean mayBeSentOn(Command command) {
        return !around.isPrimary()
                && command.slot() != Command.NO_SLOT
                && ScriptRules.mayBeDeclaredWrite(command);
    }

    /// Sends a command, or lets a large one pass piece by piece.
    private void submitOrPassOn(Command command, Lane lane, OwnReplyKind kind) {
        if (large.isOn()) {
            lane.expect(kind, "");
            large.accept(lane::send);
        } else {
            lane.submit(command, kind);
        }
    }

    /// Sends EXEC. A transaction in which the front has seen an error is discarded in the engine,
    /// which has seen none.
    private void submitExec(Command command, Lane lane) {
        var open = transaction;
        if (open == null) {
            lane.submit(command, OwnReplyKind.WAIT); // the engine has the error
            return;
        }
        if (open.isReadOnly()) {
            lane.notePatience(Patience.LIMITED);
        }
        String abort =
                open.whyAborted(
                        around.isPrimary(),
                        around.session().readOnly(),
                        slot -> Route.moved(slot, around.topology()),
                        around.writeRefusal());
        var change = open.changeOfReply();
        if (abort != null) {
            lane.submit(command("DISCARD"), OwnReplyKind.REPLACED, abort);
        } else if (watches.areUnseen()) {
            int protocol = around.session().protocol();
            lane.submit(command("DISCARD"), discarded -> nothingExecuted(protocol));
        } else if (change == null) {
            lane.submit(command, OwnReplyKind.WAIT);
        } else {
            lane.submit(command, change);
        }
        end();
    }

    private static ByteBuf nothingExecuted(int protocol) {
        var none = Unpooled.buffer(8);
        RespWriter.nullArray(none, protocol);
        return none;
    }

    private ByteBuf command(String... words) {
        var command = allocator.ioBuffer(64);
        RespWriter.command(command, words);
        return command;
    }

    // ---- answers of the front inside a transaction

    /// Queues a command of the engine that fails when EXEC executes it, and not before.
    void queueError(Command command, String error, Lane lane) {
        open().noteSlot(command.slot());
        queueAnswer(command.spec(), 0, out -> RespWriter.error(out, error), lane);
    }

    /// Gives an answer of the front its place in the transaction: the engine queues another command
    /// for it, and the front answers when that is executed.
    ///
    /// @param heapBytes how much heap it uses until EXEC
    void queueAnswer(CommandSpec spec, long heapBytes, Consumer<ByteBuf> writer, Lane lane) {
        open().queueAnswer(
                        spec,
                        heapBytes,
                        placeholder -> {
                            var answer = Unpooled.buffer();
                            writer.accept(answer);
                            return answer;
                        });
        lane.submit(command("ROLE"), OwnReplyKind.NOW, ""); // which every namesake may give
        around.noteHeapGrowth(heapBytes); // which may close this client
    }

    /// Queues a large command that is refused after the lane has got a part of it, because the lane
    /// must stay open. EXEC discards it.
    void queueRefused(String error, Lane lane) {
        lane.expect(OwnReplyKind.REPLACED, error);
        large.accept(lane::send);
    }
}
