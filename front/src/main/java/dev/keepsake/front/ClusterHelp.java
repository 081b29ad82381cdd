package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keepsake.resp.RespWriter;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.io.UncheckedIOException;

/// The front's answer to CLUSTER HELP: the text of the stock server, without the subcommands that
/// are withheld. An engine gives that text only in cluster mode, so the text is kept here, for each
/// line of engines with a text of its own. Immutable; any thread.
enum ClusterHelp {
    REDIS_7_0("redis-7.0"), // with MYSHARDID, which fronts answer for earlier versions too
    REDIS_7_2("redis-7.2"), // also the first versions of Valkey
    REDIS_7_4("redis-7.4"),
    // Also for Valkey 9.1, whose additional subcommands are all withheld. When one of them is
    // offered, it needs a text of its own.
    VALKEY_8_0("valkey-8.0");

    private final String text;

    ClusterHelp(String engine) {
        var resource = "cluster-help-%s.txt".formatted(engine);
        try (var in = ClusterHelp.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException(resource + " is missing from the front module");
            }
            this.text = new String(in.readAllBytes(), UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(resource + " cannot be read", e);
        }
    }

    /// The text of an engine, or that of the newest known version before it.
    static ClusterHelp of(ServedEngine engine) {
        if (engine.isSince(7, 4, 8, 0)) {
            return engine.isValkey() ? VALKEY_8_0 : REDIS_7_4;
        }
        return engine.isSince(7, 2, 7, 2) ? REDIS_7_2 : REDIS_7_0;
    }

    void write(ByteBuf out) {
        var lines = text.lines().toList();
        RespWriter.array(out, lines.size());
        lines.forEach(line -> RespWriter.simpleString(out, line));
    }
}
