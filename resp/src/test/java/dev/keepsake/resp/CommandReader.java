package dev.keepsake.resp;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;

/// Reads commands from bytes as they arrive, the way a connection does: what is found is taken off,
/// the rest waits, in a buffer that is moved each time as a real one may be. A `char` is a byte.
final class CommandReader {
    private final CommandFramer framer;
    private String waiting = "";

    CommandReader(ProtocolLimits limits) {
        framer = new CommandFramer(limits);
    }

    /// The arguments of every command that is complete now; none stand for an empty command.
    List<List<String>> read(String arriving) throws ProtocolException {
        int moved = arriving.length() % 7;
        var in = Unpooled.copiedBuffer("#".repeat(moved) + waiting + arriving, ISO_8859_1);
        in.skipBytes(moved);
        var found = new ArrayList<List<String>>();
        while (true) {
            int index = in.readerIndex();
            var parsed = framer.parse(in);
            assertThat(in.readerIndex()).as("parsing moves nothing").isEqualTo(index);
            switch (parsed) {
                case INCOMPLETE -> {
                    waiting = in.toString(ISO_8859_1);
                    return found;
                }
                case COMMAND -> found.add(arguments(in));
                case INLINE -> found.add(inlineArguments());
                case EMPTY -> found.add(List.of());
                case LARGE -> throw new AssertionError("commands are gathered here");
            }
            assertThat(framer.lengthBytes()).isPositive();
            in.skipBytes(framer.lengthBytes());
        }
    }

    /// What has arrived and is no whole command yet.
    String waiting() {
        return waiting;
    }

    private List<String> arguments(ByteBuf in) {
        var frame = framer.frame();
        assertThat(frame.lengthBytes()).isEqualTo(framer.lengthBytes());
        var arguments = new ArrayList<String>();
        for (int i = 0; i < frame.argumentCount(); i++) {
            int start = in.readerIndex() + frame.start(i);
            arguments.add(in.toString(start, frame.length(i), ISO_8859_1));
        }
        return arguments;
    }

    private List<String> inlineArguments() {
        return framer.inlineArguments().stream()
                .map(argument -> new String(argument, ISO_8859_1))
                .toList();
    }
}
