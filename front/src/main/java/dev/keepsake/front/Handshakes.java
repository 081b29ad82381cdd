package dev.keepsake.front;

import static dev.keepsake.core.Checks.checkArgument;

import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The TLS handshakes of all nodes of a process that are not finished. Each one takes a TLS engine
/// and buffers for a client that has not sent a command yet, so their number is bounded. May be
/// called from any thread.
///
/// When a handshake begins beyond the bound, another one is given up: the oldest of the node that
/// has most. So a client that is quick succeeds, and unfinished handshakes at one node cost the
/// clients of other nodes nothing.
public final class Handshakes {
    private final int most;
    private final Set<Node> busy = new LinkedHashSet<>(); // those with handshakes; guarded by this
    private int unfinished; // guarded by this

    /// @param most how many all nodes may have together
    public Handshakes(int most) {
        checkArgument(most > 0, "%d handshakes at most", most);
        this.most = most;
    }

    /// One more node, which has no handshakes yet.
    Node node() {
        return new Node();
    }

    /// The number of unfinished handshakes of all nodes.
    synchronized int unfinished() {
        return unfinished;
    }

    /// The most that there may be.
    int most() {
        return most;
    }

    private synchronized @Nullable Handshake begin(Node node, Handshake handshake) {
        node.handshakes.add(handshake);
        busy.add(node);
        unfinished++;
        if (unfinished <= most) {
            return null;
        }
        var busiest = busy.stream().max(Comparator.comparingInt(each -> each.handshakes.size()));
        var oldest = busiest.orElse(node).handshakes.iterator().next();
        end(oldest);
        return oldest;
    }

    private synchronized void end(Handshake handshake) {
        var node = handshake.node;
        if (node.handshakes.remove(handshake)) {
            unfinished--;
            if (node.handshakes.isEmpty()) {
                busy.remove(node);
            }
        }
    }

    /// The handshakes of one node.
    final class Node {
        private final Set<Handshake> handshakes = new LinkedHashSet<>(); // oldest first

        /// Begins a handshake, and gives another one up if that is too many.
        ///
        /// @param giveUp closes the connection; called at most once, on any thread, and not when
        ///   the handshake has ended before
        Handshake begin(Runnable giveUp) {
            var begun = new Handshake(this, giveUp);
            var givenUp = Handshakes.this.begin(this, begun);
            if (givenUp != null) {
                givenUp.giveUp.run();
            }
            return begun;
        }
    }

    /// A handshake that has begun.
    final class Handshake {
        private final Node node;
        private final Runnable giveUp;

        private Handshake(Node node, Runnable giveUp) {
            this.node = node;
            this.giveUp = giveUp;
        }

        /// The handshake has ended, with or without success. A second call has no effect.
        void end() {
            Handshakes.this.end(this);
        }
    }
}
