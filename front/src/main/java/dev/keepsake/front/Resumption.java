package dev.keepsake.front;

import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// Waits until an engine that begins to serve has been told what clients listen to. Commands wait
/// meanwhile, so that nobody can publish here what those clients would miss. Owned by the node's
/// event loop; no I/O.
final class Resumption {
    private final Runnable goOn;
    private final Set<OwnLane> telling = new HashSet<>();
    private @Nullable CompletableFuture<Void> serving;

    /// @param goOn takes commands again
    Resumption(Runnable goOn) {
        this.goOn = goOn;
    }

    /// Commands wait from now on.
    ///
    /// @param whenOver completed when they go on, or the engine is left
    void start(CompletableFuture<Void> whenOver) {
        serving = whenOver;
    }

    /// A lane tells the engine what its client listens to.
    void begin(OwnLane lane) {
        telling.add(lane);
    }

    /// It has told the engine, or need not do so any more.
    void end(OwnLane lane) {
        if (telling.remove(lane)) {
            finishIfOver();
        }
    }

    /// Commands go on as soon as no lane tells the engine anything.
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

    /// The engine is left: who has not been told of yet will not be.
    ///
    /// @return whether commands have waited
    boolean abandon() {
        var over = serving;
        serving = null;
        telling.clear();
        if (over != null) {
            over.complete(null); // as if it had been left a moment later
        }
        return over != null;
    }
}
