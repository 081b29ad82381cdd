package dev.keepsake.front;

import static dev.keepsake.core.Checks.checkArgument;

import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The TLS handshakes of all nodes of a process that are not finished. Each holds an engine of TLS
/// and buffers for somebody who has said nothing yet, so there is a bound. Any thread.
///
/// When one more than the bound begins, one is given up: the oldest of the node that has most. So
/// whoever is quick gets in, and handshakes that are left lying at one node cost the clients of
/// other nodes nothing.
public final class Handshakes {
    private final int most;
    private final Set<Node> busy = new LinkedHashSet<>(); // with handshakes; guarded by this
    private int unfinished; // guarded by this

    /// @param most how many all nodes may have together
    public Handshakes(int most) {
        checkArgument(most > 0, "%d handshakes at most", most);
        this.most = most;
    }

    /// One more node, which has none yet.
    Node node() {
        return new Node();
    }

    /// How many all nodes have.
    synchronized int unfinished() {
        return unfinished;
    }

    /// How many there may be.
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

    /// A node, as far as it has handshakes.
    final class Node {
        private final Set<Handshake> handshakes = new LinkedHashSet<>(); // oldest first

        /// Begins one, and gives another up if that is too many.
        ///
        /// @param giveUp closes the connection; called once at most, on any thread, and not when
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

    /// One that has begun.
    final class Handshake {
        private final Node node;
        private final Runnable giveUp;

        private Handshake(Node node, Runnable giveUp) {
            this.node = node;
            this.giveUp = giveUp;
        }

        /// It has ended, well or not. Again is nothing.
        void end() {
            Handshakes.this.end(this);
        }
    }
}
