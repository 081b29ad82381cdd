package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keepsake.resp.RespWriter;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.io.UncheckedIOException;

/// What the front says of the subcommands that no engine outside a cluster speaks of: Redis's text,
/// without what is withheld. Immutable; any thread.
enum Help {
    CLUSTER("cluster-help.txt");

    private final String text;

    Help(String resource) {
        try (var in = Help.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException(resource + " is missing from the front module");
            }
            this.text = new String(in.readAllBytes(), UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(resource + " cannot be read", e);
        }
    }

    void write(ByteBuf out) {
        var lines = text.lines().toList();
        RespWriter.array(out, lines.size());
        lines.forEach(line -> RespWriter.simpleString(out, line));
    }
}
