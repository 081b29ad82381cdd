package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.keepsake.resp.CommandSpec;
import dev.keepsake.resp.CommandTable;
import dev.keepsake.resp.RespWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/// Removes the commands that MemoryDB withholds from the engine's answers to `COMMAND …`: rows of
/// commands, names, documentation, and the subcommands in these. It works on the bytes, because
/// sets and maps of RESP3 have to stay sets and maps. Immutable; the node's event loop.
final class CommandListing {
    private static final int COLUMN_OF_SUBCOMMANDS = 9;
    private static final String SUBCOMMANDS = "subcommands";

    private final Set<String> offered;
    private final Set<String> withheld;

    CommandListing(CommandTable table) {
        this.offered =
                table.all().stream()
                        .filter(spec -> spec.handling() != CommandSpec.Handling.WITHHELD)
                        .map(CommandSpec::name)
                        .collect(Collectors.toSet());
        this.withheld =
                table.all().stream()
                        .map(CommandSpec::name)
                        .filter(name -> !offered.contains(name))
                        .collect(Collectors.toSet());
    }

    /// @param keepsPlaces whether a removed item leaves a null behind, because each item answers
    ///   one argument
    ByteBuf withoutWithheld(ByteBuf reply, boolean keepsPlaces, int protocol) {
        var out = Unpooled.buffer(reply.readableBytes());
        int at = reply.readerIndex();
        switch (reply.getByte(at)) {
            case ':' -> RespWriter.integer(out, offered.stream().filter(this::isWhole).count());
            case '%' -> pairs(reply, at, out);
            case '*' -> {
                int first = line(reply, at);
                boolean pairs =
                        count(reply, at) > 1
                                && isText(reply, first)
                                && !isText(reply, end(reply, first));
                if (pairs) {
                    pairs(reply, at, out);
                } else {
                    rows(reply, at, out, keepsPlaces, protocol);
                }
            }
            default -> copy(reply, at, out);
        }
        return out;
    }

    /// Copies the HELP text about the subcommands of a command without those that are withheld: a
    /// heading for each subcommand, and below it, indented, what it does.
    ///
    /// @param lines the first one names the command
    void helpWithoutWithheld(List<String> lines, ByteBuf out) {
        var kept = new ArrayList<String>();
        boolean shown = true;
        for (var line : lines) {
            if (kept.isEmpty()) {
                kept.add(line);
                continue;
            }
            if (!line.startsWith(" ")) {
                String command = kept.getFirst().split(" ", -1)[0];
                String name = (command + "|" + line.split(" ", -1)[0]).toLowerCase(Locale.ROOT);
                shown = !withheld.contains(name);
            }
            if (shown) {
                kept.add(line);
            }
        }
        RespWriter.array(out, kept.size());
        kept.forEach(line -> RespWriter.simpleString(out, line));
    }

    private boolean isWhole(String name) {
        return name.indexOf('|') < 0;
    }

    /// An array of rows, or of names.
    ///
    /// @return where it ends
    private int rows(ByteBuf in, int from, ByteBuf out, boolean keepsPlaces, int protocol) {
        var kept = Unpooled.buffer();
        int keptCount = 0;
        int at = line(in, from);
        for (int i = count(in, from); i > 0; i--) {
            boolean row = in.getByte(at) == '*' && count(in, at) > COLUMN_OF_SUBCOMMANDS;
            boolean name = isText(in, at);
            if (row && offered.contains(text(in, line(in, at)))) {
                row(in, at, kept, protocol);
                keptCount++;
            } else if (row ? keepsPlaces : !name || offered.contains(text(in, at))) {
                if (row) {
                    nullRow(kept, protocol);
                } else {
                    copy(in, at, kept);
                }
                keptCount++;
            }
            at = end(in, at);
        }
        out.writeByte(in.getByte(from));
        out.writeCharSequence(keptCount + "\r\n", US_ASCII);
        out.writeBytes(kept);
        return at;
    }

    private static void nullRow(ByteBuf out, int protocol) {
        out.writeCharSequence(protocol == 3 ? "_\r\n" : "$-1\r\n", US_ASCII);
    }

    private void row(ByteBuf in, int from, ByteBuf out, int protocol) {
        int at = line(in, from);
        out.writeBytes(in, from, at - from);
        for (int column = 0; column < count(in, from); column++) {
            if (column == COLUMN_OF_SUBCOMMANDS && in.getByte(at) == '*') {
                at = rows(in, at, out, false, protocol);
            } else {
                at = copy(in, at, out);
            }
        }
    }

    /// Names with their documentation: a map, or in RESP2 an array with both alternating.
    ///
    /// @return where it ends
    private int pairs(ByteBuf in, int from, ByteBuf out) {
        boolean map = in.getByte(from) == '%';
        var kept = Unpooled.buffer();
        int keptCount = 0;
        int at = line(in, from);
        for (int i = map ? count(in, from) : count(in, from) / 2; i > 0; i--) {
            boolean shown = offered.contains(text(in, at));
            int value = end(in, at);
            if (shown) {
                copy(in, at, kept);
                document(in, value, kept);
                keptCount++;
            }
            at = end(in, value);
        }
        out.writeByte(in.getByte(from));
        out.writeCharSequence((map ? keptCount : 2 * keptCount) + "\r\n", US_ASCII);
        out.writeBytes(kept);
        return at;
    }

    private void document(ByteBuf in, int from, ByteBuf out) {
        boolean map = in.getByte(from) == '%';
        int at = line(in, from);
        out.writeBytes(in, from, at - from);
        for (int i = map ? count(in, from) : count(in, from) / 2; i > 0; i--) {
            boolean nested = text(in, at).equals(SUBCOMMANDS);
            at = copy(in, at, out);
            at = nested ? pairs(in, at, out) : copy(in, at, out);
        }
    }

    // ---- RESP

    private static int copy(ByteBuf in, int at, ByteBuf out) {
        int end = end(in, at);
        out.writeBytes(in, at, end - at);
        return end;
    }

    private static boolean isText(ByteBuf in, int at) {
        return in.getByte(at) == '+' || (in.getByte(at) == '$' && count(in, at) >= 0);
    }

    private static String text(ByteBuf in, int at) {
        int next = line(in, at);
        return in.getByte(at) == '$'
                ? in.toString(next, count(in, at), US_ASCII)
                : in.toString(at + 1, next - at - 3, US_ASCII);
    }

    /// The end of the line that begins here.
    private static int line(ByteBuf in, int at) {
        return in.indexOf(at, in.writerIndex(), (byte) '\n') + 1;
    }

    private static int count(ByteBuf in, int at) {
        return Integer.parseInt(in.toString(at + 1, line(in, at) - at - 3, US_ASCII));
    }

    /// The end of the value that begins here.
    private static int end(ByteBuf in, int at) {
        int next = line(in, at);
        return switch (in.getByte(at)) {
            case '$', '=' -> {
                int bytes = count(in, at);
                yield bytes < 0 ? next : next + bytes + 2;
            }
            case '*', '~', '%' -> {
                int items = in.getByte(at) == '%' ? 2 * count(in, at) : count(in, at);
                for (int i = 0; i < items; i++) {
                    next = end(in, next);
                }
                yield next;
            }
            default -> next;
        };
    }
}
