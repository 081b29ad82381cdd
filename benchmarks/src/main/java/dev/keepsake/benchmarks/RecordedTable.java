package dev.keepsake.benchmarks;

import dev.keepsake.resp.CommandTable;
import dev.keepsake.resp.RespValue;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.zip.GZIPInputStream;

/// The commands of the engine that is bundled with Keepsake, from its recorded reply.
final class RecordedTable {
    // A file of resp's test jar.
    private static final String REPLY = "/dev/keepsake/resp/recorded/redis-7.0.15.resp.gz";

    private RecordedTable() {}

    static CommandTable read() {
        try (var in = RecordedTable.class.getResourceAsStream(REPLY)) {
            if (in == null) {
                throw new IllegalStateException(REPLY + " is not on the class path");
            }
            var reply = new GZIPInputStream(in).readAllBytes();
            return CommandTable.of(RespValue.decode(Unpooled.wrappedBuffer(reply)));
        } catch (IOException e) {
            throw new UncheckedIOException(REPLY + " cannot be read", e);
        }
    }
}
