package dev.keepsake.fleet;

/// Repeats an action after a pause. Only one pause runs at a time: otherwise every try that fails
/// in several ways would start several more. Owned by the fleet's thread.
final class RetryLater {
    /// The pause before a failed action is tried again.
    @FunctionalInterface
    interface Pause {
        /// Runs an action on the fleet's thread after the pause.
        void then(Runnable action);
    }

    private final Pause pause;
    private final Runnable action;
    private boolean due;

    RetryLater(Pause pause, Runnable action) {
        this.pause = pause;
        this.action = action;
    }

    /// Requests another try, unless one is due already.
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
