package dev.keepsake.resp;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a command table says of one command line, sent as a front receives it: somewhere in a
/// buffer.
final class Commands {
    /// Bytes before the command that must not matter.
    private static final int BASE = 5;

    private final CommandTable table;
    private final ByteBuf in;
    private final CommandFrame frame;

    /// @param line the arguments, separated by spaces; `''` stands for an empty one
    Commands(CommandTable table, String line) {
        this.table = table;
        var arguments = line.split(" ", -1);
        for (int i = 0; i < arguments.length; i++) {
            arguments[i] = arguments[i].equals("''") ? "" : arguments[i];
        }
        in = Unpooled.copiedBuffer("#".repeat(BASE), ISO_8859_1);
        RespWriter.command(in, arguments);
        in.skipBytes(BASE);
        var framer = new CommandFramer(ProtocolLimits.standard());
        try {
            framer.parse(in);
        } catch (ProtocolException e) {
            throw new IllegalArgumentException(line, e);
        }
        frame = framer.frame();
    }

    @Nullable CommandSpec spec() {
        return table.resolve(in, BASE, frame);
    }

    CommandSpec known() {
        var spec = spec();
        if (spec == null) {
            throw new AssertionError("the table does not know " + in.toString(ISO_8859_1));
        }
        return spec;
    }

    boolean isWellFormed() {
        return known().acceptsArgumentCount(frame.argumentCount());
    }

    boolean blocks() {
        return known().blocks(in, BASE, frame);
    }

    List<Integer> keys() {
        var positions = new KeyPositions();
        positions.add(99); // of a command before, to be forgotten
        int count = known().keys(in, BASE, frame, positions);
        var keys = new ArrayList<Integer>();
        for (int i = 0; i < positions.count(); i++) {
            keys.add(positions.argument(i));
        }
        if (count != keys.size()) {
            throw new AssertionError("%d keys announced, found %s".formatted(count, keys));
        }
        return keys;
    }
}
