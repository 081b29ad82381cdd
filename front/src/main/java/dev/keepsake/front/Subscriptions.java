package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.keepsake.resp.RespWriter;
import io.netty.buffer.ByteBuf;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// The subscriptions of one client while no engine knows them: those that it has requested while
/// its node is loading or being promoted. The engine gets them when the node serves: see
/// [OwnLane#resume]. Owned by the node's event loop.
///
/// Names are kept with one character for each byte, so that names that are not text differ.
final class Subscriptions {
    private static final int NAME_OVERHEAD_BYTES = 96;

    private final Map<String, Set<String>> byKind = new LinkedHashMap<>();
    private long weightBytes;

    /// The subscriptions that an engine has confirmed.
    ///
    /// @param byKind names by `subscribe`, `psubscribe` and `ssubscribe`
    static Subscriptions of(Map<String, Set<String>> byKind) {
        var all = new Subscriptions();
        byKind.forEach((kind, names) -> {
            all.byKind.put(kind, new LinkedHashSet<>(names));
            all.weightBytes += names.stream().mapToLong(Subscriptions::weightBytes).sum();
        });
        return all;
    }

    private static long weightBytes(String name) {
        return (long) name.length() + NAME_OVERHEAD_BYTES;
    }

    /// How many channels, patterns or shard channels there are.
    ///
    /// @param kind `subscribe`, `psubscribe` or `ssubscribe`
    int count(String kind) {
        return byKind.getOrDefault(kind, Set.of()).size();
    }

    boolean isEmpty() {
        return byKind.values().stream().allMatch(Set::isEmpty);
    }

    /// About how much memory the names take.
    long weightBytes() {
        return weightBytes;
    }

    /// Carries out a command that changes subscriptions and confirms it in Redis's format, channel
    /// by channel.
    ///
    /// @param command its name, in lower case
    /// @param arguments the command with its name, which has no subcommand
    void change(String command, Arguments arguments, int protocol, ByteBuf out) {
        boolean ends = command.contains("un");
        String kind = command.replace("un", "");
        var names = byKind.computeIfAbsent(kind, missing -> new LinkedHashSet<>());
        var asked =
                arguments.count() > 1
                        ? IntStream.range(1, arguments.count())
                                .mapToObj(i -> new String(arguments.bytes(i), ISO_8859_1))
                                .toList()
                        : List.copyOf(names);
        if (asked.isEmpty()) {
            confirm(command, null, kind, protocol, out);
        }
        for (var name : asked) {
            if (ends ? names.remove(name) : names.add(name)) {
                long weight = weightBytes(name);
                weightBytes += ends ? -weight : weight;
            }
            confirm(command, name, kind, protocol, out);
        }
    }

    private void confirm(
            String command, @Nullable String name, String kind, int protocol, ByteBuf out) {
        if (protocol == 3) {
            RespWriter.push(out, 3);
        } else {
            RespWriter.array(out, 3);
        }
        RespWriter.bulk(out, command);
        if (name == null) {
            RespWriter.nullBulk(out, protocol);
        } else {
            RespWriter.bulk(out, name.getBytes(ISO_8859_1));
        }
        // Redis counts channels and patterns together, and shard channels separately.
        RespWriter.integer(
                out,
                kind.equals("ssubscribe") ? count(kind) : count("subscribe") + count("psubscribe"));
    }

    /// Writes the commands that subscribe an engine to everything. A name stands in exactly one of
    /// them.
    void writeCommands(ByteBuf out) {
        byKind.forEach((kind, names) -> {
            if (!names.isEmpty()) {
                var command = new byte[names.size() + 1][];
                command[0] = kind.getBytes(ISO_8859_1);
                int i = 1;
                for (var name : names) {
                    command[i++] = name.getBytes(ISO_8859_1);
                }
                RespWriter.command(out, command);
            }
        });
    }

    /// How many confirmations an engine sends for these commands.
    int confirmations() {
        return byKind.values().stream().mapToInt(Set::size).sum();
    }
}
