package dev.keepsake.resp;

import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.stream.Collectors;

/// One rule for the positions of a command's keys: where they begin, and how many there are. It
/// corresponds to an engine's key specification (`getKeysUsingKeySpecs` in `db.c`), and is written
/// `BEGIN:last:step:limit` or `BEGIN#count:first:step`; see `commands.tsv`.
///
/// Redis's specifications search for a keyword anywhere. Commands do not: they parse their options
/// one after the other, and a group, a consumer or a stream may have the name `STREAMS`. So a rule
/// names the options that may precede its keyword, and how many words each of them takes.
///
/// @param keywords the words that the keys may follow; empty when they begin at `begin`
/// @param options the options that may precede the keyword, and how many words each takes
/// @param begin an argument's index, or where the search for the keyword begins (negative: from the
///   end, backwards)
/// @param counted whether an argument has the number of keys
/// @param a the last argument, relative to the first or (negative) to the end; or the index of the
///   count
/// @param b the step; or the index of the first key, relative to the beginning
/// @param c the share of the remaining arguments that are keys (2: half); or the step
record KeyRule(
        List<String> keywords,
        List<Option> options,
        int begin,
        boolean counted,
        int a,
        int b,
        int c) {
    /// @param words how many words follow its name
    record Option(String name, int words) {
        static Option parse(String text) {
            var parts = text.split("=", -1);
            return new Option(parts[0], Integer.parseInt(parts[1]));
        }
    }

    /// A rule for keys up to an argument, or up to the end.
    static KeyRule range(List<String> keywords, int begin, int last, int step, int limit) {
        return new KeyRule(keywords, List.of(), begin, false, last, step, limit);
    }

    /// A rule for as many keys as an argument says.
    static KeyRule counted(List<String> keywords, int begin, int count, int first, int step) {
        return new KeyRule(keywords, List.of(), begin, true, count, first, step);
    }

    boolean isCounted() {
        return counted;
    }

    static KeyRule parse(String text) {
        boolean counted = text.contains("#");
        var parts = text.split("[:#]", -1);
        int at = parts[0].indexOf('@');
        int open = parts[0].indexOf('(');
        String words = at < 0 ? "" : parts[0].substring(0, open < 0 ? at : open);
        String options = open < 0 ? "" : parts[0].substring(open + 1, at - 1);
        return new KeyRule(
                split(words, "[|]"),
                split(options, ",").stream().map(Option::parse).toList(),
                Integer.parseInt(parts[0].substring(at + 1)),
                counted,
                Integer.parseInt(parts[1]),
                Integer.parseInt(parts[2]),
                Integer.parseInt(parts[3]));
    }

    private static List<String> split(String text, String separator) {
        return text.isEmpty() ? List.of() : List.of(text.split(separator, -1));
    }

    /// Adds the keys that this rule finds.
    ///
    /// @return false when the arguments are malformed
    boolean find(ByteBuf in, int base, CommandFrame frame, KeyPositions into) {
        int argumentCount = frame.argumentCount();
        if (!keywords.isEmpty() && frame.knownCount() < argumentCount) {
            into.incomplete();
            return true;
        }
        int first = keywords.isEmpty() ? begin : afterKeyword(in, base, frame);
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
            if (c > 1 && (argumentCount - first) % c != 0) {
                return false; // an id is missing
            }
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

    /// The index of the first key after the keyword, or -1 when there is no keyword. If an option
    /// occurs twice, the last one counts. A keyword that ends the options, because only keys
    /// follow, counts at its first occurrence, and only options may precede it.
    private int afterKeyword(ByteBuf in, int base, CommandFrame frame) {
        boolean option = a == 0;
        int step = begin > 0 ? 1 : -1;
        int i = begin > 0 ? begin : frame.argumentCount() + begin;
        int after = -1;
        while (i > 0 && i < frame.argumentCount() - 1) {
            if (isKeyword(in, base, frame, i)) {
                after = i + 1;
                if (!option) {
                    return after;
                }
                i++; // the next argument is its key, whatever its text is
            } else if (!options.isEmpty()) {
                int words = wordsOfOption(in, base, frame, i);
                if (words < 0 && !option) {
                    return -1;
                }
                i += Math.max(0, words);
            }
            i += step;
        }
        return after;
    }

    private boolean isKeyword(ByteBuf in, int base, CommandFrame frame, int argument) {
        for (String keyword : keywords) {
            if (isWord(in, base, frame, argument, keyword)) {
                return true;
            }
        }
        return false;
    }

    /// How many words belong to an option, or -1 when the argument is not an option.
    private int wordsOfOption(ByteBuf in, int base, CommandFrame frame, int argument) {
        for (var option : options) {
            if (isWord(in, base, frame, argument, option.name())) {
                return option.words();
            }
        }
        return -1;
    }

    private static boolean isWord(
            ByteBuf in, int base, CommandFrame frame, int argument, String word) {
        return CommandTable.isWord(in, base + frame.start(argument), frame.length(argument), word);
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

    /// The rule in the form of `commands.tsv`.
    @Override
    public String toString() {
        var taken =
                options.stream()
                        .map(option -> option.name() + "=" + option.words())
                        .collect(Collectors.joining(","));
        var start = String.join("|", keywords) + (taken.isEmpty() ? "" : "(" + taken + ")");
        return "%s%d%s%d:%d:%d"
                .formatted(
                        keywords.isEmpty() ? "" : start + "@", begin, counted ? "#" : ":", a, b, c);
    }
}
