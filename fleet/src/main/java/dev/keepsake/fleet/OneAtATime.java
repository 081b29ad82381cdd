package dev.keepsake.fleet;

/// A permit that is given to one at a time. Owned by the fleet's thread.
final class OneAtATime {
    private boolean taken;

    /// Takes the permit, if nobody has it.
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
