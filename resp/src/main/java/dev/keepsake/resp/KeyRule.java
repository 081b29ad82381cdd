package dev.keepsake.resp;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/// One way in which a command names keys: where they begin, and how many there are. As Redis 7.0's
/// key specifications (`getKeysUsingKeySpecs` in `db.c`), written `BEGIN:last:step:limit` or
/// `BEGIN#count:first:step`; see `commands.tsv`.
///
/// @param keyword the word that the keys follow, or null when they begin at `begin`
/// @param begin an argument's index, or where the search for the keyword begins (negative: from the
///   end, backwards)
/// @param counted whether an argument says how many keys there are
/// @param a last argument, relative to the first or (negative) to the end; or where the count
///   stands
/// @param b the step; or where the first key stands, relative to the beginning
/// @param c the share of the rest that are keys (2: half); or the step
record KeyRule(@Nullable String keyword, int begin, boolean counted, int a, int b, int c) {
    static KeyRule parse(String text) {
        boolean counted = text.contains("#");
        var parts = text.split("[:#]", -1);
        int at = parts[0].indexOf('@');
        return new KeyRule(
                at < 0 ? null : parts[0].substring(0, at),
                Integer.parseInt(parts[0].substring(at + 1)),
                counted,
                Integer.parseInt(parts[1]),
                Integer.parseInt(parts[2]),
                Integer.parseInt(parts[3]));
    }

    /// Adds the keys that this rule finds.
    ///
    /// @return false when the arguments are malformed
    boolean find(ByteBuf in, int base, CommandFrame frame, KeyPositions into) {
        int argumentCount = frame.argumentCount();
        if (keyword != null && frame.knownCount() < argumentCount) {
            into.incomplete();
            return true;
        }
        int first = keyword == null ? begin : afterKeyword(in, base, frame, keyword);
        if (first < 0) {
            return true; // the keyword is optional
        }
        int last;
        int step;
        if (counted) {
            if (first + a >= frame.knownCount() && first + a < argumentCount) {
                into.incomplete();
                return true;
            }
            long count = number(in, base, frame, first + a);
            if (count < 0) {
                return false;
            }
            first += b;
            step = c;
            if (count > argumentCount) {
                return false;
            }
            last = first + Math.toIntExact((count - 1) * step);
        } else {
            step = b;
            if (a >= 0) {
                last = first + a;
            } else {
                last = c <= 1 ? argumentCount + a : first + (argumentCount - first) / c + a;
            }
        }
        if (last < first || last >= argumentCount) {
            return false;
        }
        for (int i = first; i <= last; i += step) {
            into.add(i);
        }
        return true;
    }

    /// Where the keys after the keyword begin, or -1 when it is not there. An option that is given
    /// twice counts the last time; a keyword that ends the options, for all that follows are keys,
    /// counts the first.
    private int afterKeyword(ByteBuf in, int base, CommandFrame frame, String word) {
        boolean option = a == 0;
        int step = begin > 0 ? 1 : -1;
        int i = begin > 0 ? begin : frame.argumentCount() + begin;
        int after = -1;
        for (; i > 0 && i < frame.argumentCount() - 1; i += step) {
            if (CommandTable.isWord(in, base + frame.start(i), frame.length(i), word)) {
                after = i + 1;
                if (!option) {
                    break;
                }
            }
        }
        return after;
    }

    private static long number(ByteBuf in, int base, CommandFrame frame, int argument) {
        if (argument >= frame.argumentCount()
                || frame.length(argument) == 0
                || frame.length(argument) > 9) {
            return -1;
        }
        long number = 0;
        int start = base + frame.start(argument);
        for (int i = start; i < start + frame.length(argument); i++) {
            int digit = in.getByte(i) - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            number = 10 * number + digit;
        }
        return number;
    }
}
