package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.keepsake.core.Clock;
import dev.keepsake.resp.Trait;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// The clients that said MONITOR, and the lines that they get: each command that the node takes, as
/// its client has sent it. Owned by the node's event loop. Lines as in Redis 7.0's
/// `replicationFeedMonitors`.
final class Monitors {
    private static final long MICROS_PER_SECOND = 1_000_000;

    private final ByteBufAllocator allocator;
    private final Clock clock;
    private final Set<Client> watching = new LinkedHashSet<>();

    Monitors(ByteBufAllocator allocator, Clock clock) {
        this.allocator = allocator;
        this.clock = clock;
    }

    boolean isEmpty() {
        return watching.isEmpty();
    }

    boolean has(Client client) {
        return watching.contains(client);
    }

    void add(Client client) {
        watching.add(client);
    }

    void remove(Client client) {
        watching.remove(client);
    }

    /// Whether a command is shown to them.
    static boolean shows(Command command) {
        return command.isKnown() && !command.is(Trait.UNMONITORED);
    }

    /// Shows a command, or as much as is known of a large one. The command may change something
    /// that is not durable yet, so the line waits as a reply would.
    void show(Client from, Command command) {
        long micros = ChronoUnit.MICROS.between(java.time.Instant.EPOCH, clock.now());
        var line = allocator.buffer(64 + (command.isSketch() ? 0 : command.lengthBytes()));
        line.writeCharSequence(
                "+%d.%06d [0 %s]"
                        .formatted(
                                micros / MICROS_PER_SECOND,
                                micros % MICROS_PER_SECOND,
                                from.address()),
                US_ASCII);
        for (int i = 0; i < command.knownCount(); i++) {
            line.writeByte(' ');
            quote(command.argument(i), line);
        }
        line.writeByte('\r').writeByte('\n');
        for (var client : List.copyOf(watching)) {
            client.replies().show(line);
        }
        line.release();
    }

    private static void quote(ByteBuf argument, ByteBuf out) {
        out.writeByte('"');
        while (argument.isReadable()) {
            byte b = argument.readByte();
            switch (b) {
                case '"', '\\' -> out.writeByte('\\').writeByte(b);
                case '\n' -> out.writeByte('\\').writeByte('n');
                case '\r' -> out.writeByte('\\').writeByte('r');
                case '\t' -> out.writeByte('\\').writeByte('t');
                case 7 -> out.writeByte('\\').writeByte('a');
                case '\b' -> out.writeByte('\\').writeByte('b');
                default -> {
                    if (b >= ' ' && b <= '~') {
                        out.writeByte(b);
                    } else {
                        out.writeCharSequence("\\x%02x".formatted(b), US_ASCII);
                    }
                }
            }
        }
        out.writeByte('"');
    }
}
