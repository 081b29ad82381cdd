package dev.keepsake.resp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.zip.GZIPInputStream;

/// What engines have replied to `COMMAND`, in RESP2, their commands in alphabetical order. For
/// tests and benchmarks that need a table and no engine. That engines still reply so, and how a
/// reply is recorded anew, is in `EngineCommandsIT`.
public final class RecordedCommands {
    /// The engine that comes with Keepsake.
    public static final String BUNDLED = "redis-7.0.15";

    private static final List<String> ENGINES =
            List.of(BUNDLED, "redis-8.0.2", "valkey-8.0.1", "valkey-8.1.1", "valkey-9.1.2");

    private RecordedCommands() {}

    /// Name and version of each engine that is recorded, such as `valkey-8.0.1`.
    public static List<String> engines() {
        return ENGINES;
    }

    /// The commands of the engine that comes with Keepsake.
    public static CommandTable table() {
        return table(BUNDLED);
    }

    /// The commands of one of the [#engines].
    public static CommandTable table(String engine) {
        return CommandTable.of(reply(engine));
    }

    /// The reply of one of the [#engines].
    public static RespValue reply(String engine) {
        return RespValue.decode(bytes(engine));
    }

    /// The same as it was sent.
    public static ByteBuf bytes(String engine) {
        var file = "recorded/%s.resp.gz".formatted(engine);
        try (var in = RecordedCommands.class.getResourceAsStream(file)) {
            if (in == null) {
                throw new IllegalArgumentException("nothing is recorded of " + engine);
            }
            return Unpooled.wrappedBuffer(new GZIPInputStream(in).readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(file + " cannot be read", e);
        }
    }
}
