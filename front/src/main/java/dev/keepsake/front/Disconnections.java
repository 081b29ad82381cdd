package dev.keepsake.front;

import io.netty.util.concurrent.Ticker;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Logs why clients of one node are disconnected, at most once a second, because any stranger may
/// cause such a line. Owned by the node's event loop.
final class Disconnections {
    private static final Logger LOG = LoggerFactory.getLogger(Disconnections.class);

    private final String node;
    private final Ticker ticker;
    private final SeldomLine strangers = new SeldomLine();
    private final SeldomLine beyondLimits = new SeldomLine();

    Disconnections(String node, Ticker ticker) {
        this.node = node;
        this.ticker = ticker;
    }

    /// A client was disconnected that does not speak the node's protocol.
    void ofStranger(long client, String what) {
        long times = strangers.note(ticker.nanoTime());
        if (times > 0) {
            LOG.warn(
                    "node={} client={} {} and is disconnected times={}", node, client, what, times);
        }
    }

    /// A client was disconnected that exceeds a bound.
    void ofLimit(long client, String what) {
        long times = beyondLimits.note(ticker.nanoTime());
        if (times > 0) {
            LOG.warn(
                    "node={} client={} is disconnected: it {} times={}", node, client, what, times);
        }
    }
}
