package dev.keepsake.fleet;

/// Does something once more after a pause. One pause at a time: with one for each failure, every
/// try that fails in several ways would bring several more. Owned by the fleet's thread.
final class RetryLater {
    /// The pause before anything that has failed is tried again.
    @FunctionalInterface
    interface Pause {
        /// Does something on the fleet's thread when the pause is over.
        void then(Runnable action);
    }

    private final Pause pause;
    private final Runnable action;
    private boolean due;

    RetryLater(Pause pause, Runnable action) {
        this.pause = pause;
        this.action = action;
    }

    /// Asks for another try, unless one is due already.
    void ask() {
        if (!due) {
            due = true;
            pause.then(this::run);
        }
    }

    private void run() {
        due = false;
        action.run();
    }
}
