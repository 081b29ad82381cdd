package dev.keepsake.fleet;

import dev.keepsake.control.AccessRule;
import dev.keepsake.front.AccessUser;
import dev.keepsake.front.NodeFront;
import java.util.List;
import java.util.concurrent.Executor;

/// Whom a node admits. Owned by the fleet's thread.
final class PermittedUsers {
    private final NodeFront front;
    private final Executor fleet;
    private int permitted; // how often
    private boolean admitted;

    /// @param fleet runs what it is given on the fleet's thread, or drops it once that has ended
    PermittedUsers(NodeFront front, Executor fleet) {
        this.front = front;
        this.fleet = fleet;
    }

    /// Tells the front whom to admit.
    ///
    /// @param onAdmitted called on the fleet's thread once the engine has everybody's rules, unless
    ///   there are newer ones
    void permit(List<AccessRule> rules, Runnable onAdmitted) {
        permitted++;
        int mine = permitted;
        admitted = false;
        front.permit(
                rules.stream().map(PermittedUsers::userOf).toList(),
                () ->
                        fleet.execute(() -> {
                            if (mine == permitted) {
                                admitted = true;
                                onAdmitted.run();
                            }
                        }));
    }

    /// Whether the engine has everybody's newest rules.
    boolean areAdmitted() {
        return admitted;
    }

    private static AccessUser userOf(AccessRule rule) {
        return new AccessUser(
                rule.name(),
                rule.enabled(),
                rule.noPassword(),
                rule.sha256Hex(),
                rule.iam(),
                rule.accessString());
    }
}
