package dev.keepsake.front;

import static dev.keepsake.core.Checks.checkArgument;

import java.util.Set;

/// A user whom a node admits, and what the user may do. Immutable; `toString` never shows its
/// password hashes.
///
/// @param enabled whether the user can log in
/// @param noPassword whether the user logs in with any password; for the user `default`, whether
///   none is needed
/// @param passwordSha256Hex the SHA-256 of each accepted password, as 64 lower-case hexadecimal
///   digits
/// @param iam whether the user logs in with an IAM token instead of a password
/// @param aclRules what the user may do, in the syntax of Redis's `ACL SETUSER`, such as `on ~app:*
///   resetchannels -@all +@read`; without passwords. `on` and `off` in it have no effect: `enabled`
///   decides
public record AccessUser(
        String name,
        boolean enabled,
        boolean noPassword,
        Set<String> passwordSha256Hex,
        boolean iam,
        String aclRules) {
    /// The user of every connection that has not logged in.
    public static final String DEFAULT_NAME = "default";

    private static final int HEX_DIGITS = 64;

    public AccessUser {
        checkArgument(
                !name.isEmpty() && name.chars().noneMatch(c -> c <= ' '),
                "user name is '%s'; expected a word",
                name);
        passwordSha256Hex = Set.copyOf(passwordSha256Hex);
        for (var hash : passwordSha256Hex) {
            checkArgument(
                    hash.length() == HEX_DIGITS && hash.chars().allMatch(AccessUser::isHexDigit),
                    "user %s has a password hash that is no SHA-256 in lower-case hexadecimal",
                    name);
        }
    }

    /// The user `default` as every cluster has it at first: no password, and all rights.
    public static AccessUser unrestrictedDefault() {
        return new AccessUser(DEFAULT_NAME, true, true, Set.of(), false, "on ~* &* +@all");
    }

    private static boolean isHexDigit(int c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    }

    @Override
    public String toString() {
        return "AccessUser[name=%s, enabled=%b, iam=%b, aclRules=%s]"
                .formatted(name, enabled, iam, aclRules);
    }
}
