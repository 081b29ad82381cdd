package dev.keepsake.front;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.resp.CommandFramer;
import dev.keepsake.resp.CommandStream;
import dev.keepsake.resp.CommandTable;
import dev.keepsake.resp.ProtocolException;
import dev.keepsake.resp.ProtocolLimits;
import dev.keepsake.resp.RecordedCommands;
import dev.keepsake.resp.RespWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/// Commands as clients send them, for tests without a client.
final class Commands {
    static final CommandTable TABLE = RecordedCommands.table();

    private static final ProtocolLimits LIMITS = new ProtocolLimits(64 << 10, 1 << 20, 512 << 20);

    private static final int GATHERED_BYTES = 100;

    private Commands() {}

    static Command of(String... words) {
        return of(TABLE, words);
    }

    static Command of(CommandTable table, String... words) {
        return of(table, bytes(words));
    }

    /// @param bytes one command
    static Command of(CommandTable table, ByteBuf bytes) {
        var framer = new CommandFramer(LIMITS);
        try {
            assertThat(framer.parse(bytes)).isEqualTo(CommandFramer.Parsed.COMMAND);
        } catch (ProtocolException e) {
            throw new AssertionError(e);
        }
        return new Command(table, framer.frame()).at(bytes, bytes.readerIndex());
    }

    static ByteBuf bytes(String... words) {
        var bytes = Unpooled.buffer();
        RespWriter.command(bytes, words);
        return bytes;
    }

    /// A command that is too large to be gathered, when only its beginning has arrived.
    ///
    /// @param arrived how many of its bytes have arrived
    static Command sketch(int arrived, String... words) {
        var bytes = bytes(words).slice(0, arrived);
        var framer = new CommandFramer(LIMITS, GATHERED_BYTES);
        try {
            assertThat(framer.parse(bytes)).isEqualTo(CommandFramer.Parsed.LARGE);
            var kept = ScriptRules.kept(new Command(TABLE, framer.frame()).at(bytes, 0));
            var stream =
                    new CommandStream(
                            LIMITS, bytes, framer.frame(), kept, 1 << 20, Unpooled.buffer());
            stream.take(bytes);
            return new Command(TABLE, stream.frame()).at(stream.sketch(), 0);
        } catch (ProtocolException e) {
            throw new AssertionError(e);
        }
    }
}
