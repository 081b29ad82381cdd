package dev.keepsake.control;

import java.util.Set;

/// A user whom the nodes of a cluster are to let in, and what it may do there. It never shows its
/// hashes.
///
/// @param noPassword whether none is needed
/// @param sha256Hex of each password
/// @param iam whether it logs in with a token instead
/// @param accessString what it may do, in the service's normal form
public record AccessRule(
        String name,
        boolean enabled,
        boolean noPassword,
        Set<String> sha256Hex,
        boolean iam,
        String accessString) {
    public AccessRule {
        sha256Hex = Set.copyOf(sha256Hex);
    }

    static AccessRule of(User user) {
        return new AccessRule(
                user.name(),
                user.isEnabled(),
                user.login() == User.Login.NONE,
                user.sha256Hex(),
                user.login() == User.Login.IAM,
                user.accessString());
    }

    @Override
    public String toString() {
        return "AccessRule[name=%s, accessString=%s]".formatted(name, accessString);
    }
}
