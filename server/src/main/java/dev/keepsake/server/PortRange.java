package dev.keepsake.server;

import static dev.keepsake.core.Checks.checkArgument;

import java.util.regex.Pattern;

/// The ports that nodes may listen on, both ends included.
///
/// @param first 1 to 65535
/// @param last `first` to 65535
public record PortRange(int first, int last) {
    private static final int HIGHEST_PORT = 65535;
    private static final Pattern FIRST_TO_LAST = Pattern.compile("(\\d{1,5})-(\\d{1,5})");

    /// The value of `0`: any free port, out of ports that no well-known service uses, that systems
    /// do not assign to client sockets, and that are outside the leased ones. So a node is likely
    /// to find its port free again after a restart.
    public static final PortRange ANY = new PortRange(10_000, 17_999);

    public PortRange {
        checkArgument(
                first >= 1 && first <= last && last <= HIGHEST_PORT,
                "%d-%d is not a range of ports; give FIRST-LAST within 1-65535, for example"
                        + " 18400-18699",
                first,
                last);
    }

    /// Parses `FIRST-LAST`, or `0` for [#ANY].
    ///
    /// @throws IllegalArgumentException when the text is not a range; the message shows a valid one
    public static PortRange parse(String text) {
        if (text.equals("0")) {
            return ANY;
        }
        var match = FIRST_TO_LAST.matcher(text);
        checkArgument(
                match.matches(),
                "'%s' is not a range of ports; give FIRST-LAST, for example 18400-18699, or 0",
                text);
        return new PortRange(Integer.parseInt(match.group(1)), Integer.parseInt(match.group(2)));
    }

    /// Whether any free port may be used.
    public boolean isAny() {
        return equals(ANY);
    }

    @Override
    public String toString() {
        return first + "-" + last;
    }
}
