package dev.keepsake.fleet;

/// A permit that only one holder can have at a time. Owned by the fleet's thread.
final class OneAtATime {
    private boolean taken;

    /// Takes the permit, if it is free.
    ///
    /// @return whether the caller has it now
    boolean tryTake() {
        if (taken) {
            return false;
        }
        taken = true;
        return true;
    }

    void giveBack() {
        taken = false;
    }
}
