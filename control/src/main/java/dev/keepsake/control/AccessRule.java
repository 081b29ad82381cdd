package dev.keepsake.control;

import java.util.Set;

/// A user that the nodes of a cluster accept, and what the user may do there. Its text never
/// contains the hashes.
///
/// @param enabled whether the user may log in
/// @param noPassword whether the user logs in without a password
/// @param sha256Hex the SHA-256 of each password
/// @param iam whether the user logs in with a token instead of a password
/// @param accessString what the user may do, in the service's normal form
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
