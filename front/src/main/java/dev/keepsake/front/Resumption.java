package dev.keepsake.front;

import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// Waits until an engine that begins to serve has got the subscriptions of clients. Commands wait
/// meanwhile, so that no client publishes a message here that those subscribers would miss. Owned
/// by the node's event loop; no I/O.
final class Resumption {
    private final Runnable goOn;
    private final Set<OwnLane> telling = new HashSet<>();
    private @Nullable CompletableFuture<Void> serving;

    /// @param goOn accepts commands again
    Resumption(Runnable goOn) {
        this.goOn = goOn;
    }

    /// Commands wait from now on.
    ///
    /// @param whenOver completed when they continue, or the node leaves the engine
    void start(CompletableFuture<Void> whenOver) {
        serving = whenOver;
    }

    /// A lane sends the engine the subscriptions of its client.
    void begin(OwnLane lane) {
        telling.add(lane);
    }

    /// The engine has confirmed them, or no longer needs them.
    void end(OwnLane lane) {
        if (telling.remove(lane)) {
            finishIfOver();
        }
    }

    /// Lets commands continue as soon as no lane sends subscriptions any more.
    void finishIfOver() {
        var over = serving;
        if (over != null && telling.isEmpty()) {
            serving = null;
            goOn.run();
            over.complete(null);
        }
    }

    /// Whether commands have to wait.
    boolean isOn() {
        return serving != null;
    }

    /// The node leaves the engine, which gets no more subscriptions.
    ///
    /// @return whether commands were waiting
    boolean abandon() {
        var over = serving;
        serving = null;
        telling.clear();
        if (over != null) {
            over.complete(null); // as if the node had left it a moment later
        }
        return over != null;
    }
}
