package dev.keepsake.fleet;

import dev.keepsake.control.AccessRule;
import dev.keepsake.front.AccessUser;
import dev.keepsake.front.NodeFront;
import java.util.List;
import java.util.concurrent.Executor;

/// The users that a node accepts. Owned by the fleet's thread.
final class PermittedUsers {
    private final NodeFront front;
    private final Executor fleet;
    private int permitted; // the number of calls
    private boolean admitted;

    /// @param fleet runs its tasks on the fleet's thread, and drops them once that has ended
    PermittedUsers(NodeFront front, Executor fleet) {
        this.front = front;
        this.fleet = fleet;
    }

    /// Gives the front the users to accept.
    ///
    /// @param onAdmitted called on the fleet's thread once the engine has the rules of all users,
    ///   unless newer rules have been given meanwhile
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

    /// Whether the engine has the newest rules of all users.
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
