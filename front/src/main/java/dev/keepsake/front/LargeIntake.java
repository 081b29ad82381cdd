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
/// | is looked at as a whole, or its reply is changed | gathered all the same, up to a bound |
/// | is too long for what it is | refused, and its rest skipped |
/// | is any other | passed on while it arrives |
final class LargeIntake {
    /// What may be gathered of a command that is needed whole; and of the others so much may be
    /// keys.
    static final int KEPT_MAX_BYTES = 32 << 20;

    /// Whose commands they are.
    interface Client {
        /// Takes what is known of a command.
        Taken take(Command command);

        /// The transaction that is open, or null.
        @Nullable Transaction transaction();

        /// A lane has got a part of a command that is refused. It executes it never, but is of no
        /// use any more.
        void onLaneSpoilt();
    }

    /// What has become of the bytes that were there.
    enum Progress {
        /// There is more to do.
        GOES_ON,
        /// More has to arrive.
        NEEDS_MORE,
        /// Something else has to be over first.
        WAITS
    }

    private final ProtocolLimits limits;
    private final CommandTable table;
    private final ByteBufAllocator allocator;
    private final long maxTransactionBytes;
    private final Client client;
    private @Nullable LargeCommand arriving;
    private long gatheredMaxBytes = KEPT_MAX_BYTES; // of the command that is gathered

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

    /// How much of it is kept here.
    long heldBytes() {
        return arriving == null ? 0 : arriving.heldBytes();
    }

    /// Why it is refused whatever follows, or null.
    @Nullable String refusal() {
        return arriving == null ? null : arriving.refusal();
    }

    /// What is kept of it, or null.
    @Nullable ByteBuf sketch() {
        return arriving == null ? null : arriving.sketch();
    }

    /// Whether it has been accepted or refused, or there is none.
    boolean isDecided() {
        return arriving == null || arriving.isDecided();
    }

    /// Whether all that has to be there of it is, and it is to be decided now.
    boolean isDue() {
        return arriving != null && arriving.isDue();
    }

    /// Whether its lane awaits its reply.
    boolean isAccepted() {
        return arriving != null && arriving.isAccepted();
    }

    /// Whether a lane may have got something of it.
    boolean isPassing() {
        return arriving != null && arriving.isPassing();
    }

    /// Whether it went nowhere, so that it must be refused.
    boolean isSkipped() {
        return arriving != null && arriving.isSkipped();
    }

    /// Begins with what a framer has found as large, or has the framer gather it.
    ///
    /// @param command what the framer knows of it
    /// @param in begins with it
    /// @param user who gives it, or null
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

    /// Whether a command cannot be passed on before all of it is there: the front looks at its
    /// arguments, or changes its reply.
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

    /// What is gathered may turn out to be longer than its beginning has said.
    void checkGathered(CommandFramer framer) throws ProtocolException {
        if (framer.isGathering() && framer.announcedBytes() > gatheredMaxBytes) {
            throw new ProtocolException(
                    "this command may have %d bytes".formatted(gatheredMaxBytes));
        }
    }

    /// Takes what has arrived, and lets the client decide when that is due.
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

    /// The error has been answered.
    private void refuse(LargeCommand command) {
        boolean partly = command.isPassing();
        command.refuse();
        if (partly) {
            client.onLaneSpoilt();
        }
    }

    /// Begins to send it over a lane; where it belongs is not known yet.
    void passTo(Consumer<ByteBuf> lane) {
        require().passTo(lane);
    }

    /// Lets it go nowhere; why is not known yet.
    void skip() {
        require().skip();
    }

    /// Sends it over the lane that awaits its reply.
    void accept(Consumer<ByteBuf> lane) {
        require().accept(lane);
    }

    /// Lets go of it, be it complete or not.
    void end() {
        if (arriving != null) {
            arriving.close();
            arriving = null;
        }
    }
}
