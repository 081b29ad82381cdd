package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keepsake.resp.RespWriter;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/// What the front says of the subcommands that it answers itself: Redis's text, without what is
/// withheld. Immutable; any thread.
enum Help {
    CLIENT("client-help.txt"),
    CLUSTER("cluster-help.txt");

    private final List<String> lines;

    Help(String resource) {
        try (var in = Help.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException(resource + " is missing from the front module");
            }
            this.lines = new String(in.readAllBytes(), UTF_8).lines().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(resource + " cannot be read", e);
        }
    }

    void write(ByteBuf out) {
        RespWriter.array(out, lines.size());
        lines.forEach(line -> RespWriter.simpleString(out, line));
    }
}
