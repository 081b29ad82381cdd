package dev.keepsake.front;

import dev.keepsake.resp.CommandFramer;
import dev.keepsake.resp.CommandSpec;
import dev.keepsake.resp.CommandStream;
import dev.keepsake.resp.CommandTable;
import dev.keepsake.resp.ProtocolException;
import dev.keepsake.resp.ProtocolLimits;
import dev.keepsake.resp.Trait;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Takes the commands of one client that are too large to be gathered, one after the other: see
/// [LargeCommand]. Owned by the node's event loop; no I/O.
///
/// | the command | is |
/// | --- | --- |
/// | is needed as a whole, or its reply is changed | gathered all the same, up to a bound |
/// | is longer than its kind allows | refused, and its rest skipped |
/// | is any other | passed on while it arrives |
final class LargeIntake {
    /// The bound for a command that is gathered as a whole, and for the keys of any other.
    static final int KEPT_MAX_BYTES = 32 << 20;

    /// The client whose commands arrive.
    interface Client {
        /// Takes what is known of a command.
        Taken take(Command command);

        /// The transaction that is open, or null.
        @Nullable Transaction transaction();

        /// A lane has got a part of a command that is refused. The engine never executes that part,
        /// but the lane cannot be used any more.
        void onLaneSpoilt();
    }

    /// What has become of the bytes that have arrived.
    enum Progress {
        /// There is more to do.
        GOES_ON,
        /// More has to arrive.
        NEEDS_MORE,
        /// Something else has to finish first.
        WAITS
    }

    private final ProtocolLimits limits;
    private final CommandTable table;
    private final ByteBufAllocator allocator;
    private final long maxTransactionBytes;
    private final Client client;
    private @Nullable LargeCommand arriving;
    private long gatheredMaxBytes = KEPT_MAX_BYTES; // of the command that is being gathered

    LargeIntake(
            ProtocolLimits limits,
            CommandTable table,
            ByteBufAllocator allocator,
            long maxTransactionBytes,
            Client client) {
        this.limits = limits;
        this.table = table;
        this.allocator = allocator;
        this.maxTransactionBytes = maxTransactionBytes;
        this.client = client;
    }

    /// Whether a command is arriving, or has arrived and waits.
    boolean isOn() {
        return arriving != null;
    }

    /// How many of its bytes are kept here.
    long heldBytes() {
        return arriving == null ? 0 : arriving.heldBytes();
    }

    /// Why it is refused whatever follows, or null.
    @Nullable String refusal() {
        return arriving == null ? null : arriving.refusal();
    }

    /// The sketch of the command that is arriving, or null.
    @Nullable ByteBuf sketch() {
        return arriving == null ? null : arriving.sketch();
    }

    /// Whether it has been accepted or refused, or there is none.
    boolean isDecided() {
        return arriving == null || arriving.isDecided();
    }

    /// Whether enough of it has arrived, and it has to be decided now.
    boolean isDue() {
        return arriving != null && arriving.isDue();
    }

    /// Whether its lane expects its reply.
    boolean isAccepted() {
        return arriving != null && arriving.isAccepted();
    }

    /// Whether a lane may have got a part of it.
    boolean isPassing() {
        return arriving != null && arriving.isPassing();
    }

    /// Whether it was sent nowhere, so that it must be refused.
    boolean isSkipped() {
        return arriving != null && arriving.isSkipped();
    }

    /// Begins with a command that a framer has found to be large, or lets the framer gather it.
    ///
    /// @param command what the framer knows of it
    /// @param in begins with it
    /// @param user the user who gives it, or null
    void begin(Command command, CommandFramer framer, ByteBuf in, @Nullable String user)
            throws ProtocolException {
        String tooLong =
                command.isKnown()
                        ? ScriptRules.refusalByLength(command, framer.announcedArgumentBytes())
                        : null;
        boolean passes = command.isKnown() && tooLong == null;
        if (passes && isNeededWhole(command.spec(), user)) {
            gather(command.spec(), framer);
            return;
        }
        arriving =
                new LargeCommand(
                        new CommandStream(
                                limits,
                                in,
                                framer.frame(),
                                passes ? ScriptRules.kept(command) : argument -> false,
                                KEPT_MAX_BYTES,
                                allocator.buffer()),
                        table,
                        tooLong);
        framer.leave();
    }

    /// Whether a command can be passed on only as a whole, because the front looks at its arguments
    /// or changes its reply.
    private static boolean isNeededWhole(CommandSpec spec, @Nullable String user) {
        return spec.handling() == CommandSpec.Handling.FRONT
                || spec.handling() == CommandSpec.Handling.OWN_LANE
                || Admission.isForOperators(spec, user)
                || spec.mayBlock()
                || ScriptRules.isScriptAlone(spec)
                || spec.is(Trait.WHOLE);
    }

    private void gather(CommandSpec spec, CommandFramer framer) throws ProtocolException {
        gatheredMaxBytes =
                ScriptRules.isScriptAlone(spec) ? ScriptRules.maxBytesAlone(spec) : KEPT_MAX_BYTES;
        if (framer.announcedBytes() > gatheredMaxBytes) {
            throw new ProtocolException(
                    "'%s' may have %d bytes".formatted(spec.name(), gatheredMaxBytes));
        }
        framer.gather();
    }

    /// Checks a command while it is gathered: it may be longer than its beginning announced.
    void checkGathered(CommandFramer framer) throws ProtocolException {
        if (framer.isGathering() && framer.announcedBytes() > gatheredMaxBytes) {
            throw new ProtocolException(
                    "this command may have %d bytes".formatted(gatheredMaxBytes));
        }
    }

    /// Takes what has arrived, and lets the client decide the command when that is due.
    Progress process(ByteBuf in) throws ProtocolException {
        var command = require();
        boolean taken = command.take(in);
        if (command.isPassing() && queuedBytes() + command.announcedBytes() > maxTransactionBytes) {
            throw new ProtocolException(
                    "a command may have %d bytes".formatted(maxTransactionBytes));
        }
        if (command.isDue()) {
            var whole = client.take(command.command());
            if (whole == Taken.WAITS) {
                return Progress.WAITS;
            }
            taken = true;
            if (whole == Taken.REFUSED && !command.isDecided()) {
                refuse(command);
            }
        }
        if (arriving == command && command.isComplete() && command.isDecided()) {
            var open = client.transaction();
            if (open != null) {
                open.addWeight(command.announcedBytes());
            }
            end();
            return Progress.GOES_ON;
        }
        return taken ? Progress.GOES_ON : Progress.NEEDS_MORE;
    }

    private long queuedBytes() {
        var open = client.transaction();
        return open == null ? 0 : open.weightBytes();
    }

    private LargeCommand require() {
        var command = arriving;
        if (command == null) {
            throw new IllegalStateException("no large command arrives");
        }
        return command;
    }

    /// The command is refused, and its error has been answered.
    private void refuse(LargeCommand command) {
        boolean partly = command.isPassing();
        command.refuse();
        if (partly) {
            client.onLaneSpoilt();
        }
    }

    /// Begins to send it to a lane, before it is decided.
    void passTo(Consumer<ByteBuf> lane) {
        require().passTo(lane);
    }

    /// Sends it nowhere; the error is not known yet.
    void skip() {
        require().skip();
    }

    /// Sends it to the lane that expects its reply.
    void accept(Consumer<ByteBuf> lane) {
        require().accept(lane);
    }

    /// Releases it, whether it is complete or not.
    void end() {
        if (arriving != null) {
            arriving.close();
            arriving = null;
        }
    }
}
