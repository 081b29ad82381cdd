package dev.keepsake.server;

import static dev.keepsake.core.Checks.checkArgument;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/// The ports that nodes may listen on, both ends included.
///
/// @param first 1 to 65535
/// @param last `first` to 65535
public record PortRange(int first, int last) {
    private static final int HIGHEST_PORT = 65535;
    private static final Pattern FIRST_TO_LAST = Pattern.compile("(\\d{1,5})-(\\d{1,5})");

    /// Free ranges are looked for here: above the ports of well-known services and below those that
    /// Linux (32768) and macOS (49152) hand out to clients.
    private static final PortRange QUIET = new PortRange(20_000, 30_000);

    private static final int TRIES = 100;

    /// What `0` stands for: whatever is free, out of ports that no well-known service uses, that
    /// systems do not hand out to clients, and that are outside of the ranges looked for above, so
    /// that a node has a good chance to find its port again after a restart.
    public static final PortRange ANY = new PortRange(10_000, 17_999);

    public PortRange {
        checkArgument(
                first >= 1 && first <= last && last <= HIGHEST_PORT,
                "%d-%d is no range of ports; give FIRST-LAST within 1-65535, for example"
                        + " 18400-18699",
                first,
                last);
    }

    /// Reads `FIRST-LAST`, or `0` for [#ANY].
    ///
    /// @throws IllegalArgumentException when the text is not a range, with the way out
    public static PortRange parse(String text) {
        if (text.equals("0")) {
            return ANY;
        }
        var match = FIRST_TO_LAST.matcher(text);
        checkArgument(
                match.matches(),
                "'%s' is no range of ports; give FIRST-LAST, for example 18400-18699, or 0",
                text);
        return new PortRange(Integer.parseInt(match.group(1)), Integer.parseInt(match.group(2)));
    }

    /// Finds a range in which every port was free on the loopback address a moment ago.
    ///
    /// @throws IllegalStateException when none was found
    public static PortRange findFree(int ports, RandomGenerator random) {
        for (int i = 0; i < TRIES; i++) {
            int first = random.nextInt(QUIET.first, QUIET.last - ports);
            var range = new PortRange(first, first + ports - 1);
            if (range.isFree()) {
                return range;
            }
        }
        throw new IllegalStateException(
                "no %d free ports in a row between %s; stop something that listens there"
                        .formatted(ports, QUIET));
    }

    /// Whether any port will do.
    boolean isAny() {
        return equals(ANY);
    }

    private boolean isFree() {
        for (int port = first; port <= last; port++) {
            try (var socket = new ServerSocket()) {
                socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            } catch (IOException taken) {
                return false;
            }
        }
        return true;
    }

    @Override
    public String toString() {
        return first + "-" + last;
    }
}
