package dev.keepsake.aws;

import dev.keepsake.core.Secret;
import org.jspecify.annotations.Nullable;

/// The secret of a key that signs calls and login tokens, without the key's id. Its text never
/// contains the secret.
///
/// @param user the only user whose login tokens it may sign, or null for all users
public record AccessKey(Secret secret, @Nullable String user) {
    /// A key that may sign for all users.
    public static AccessKey of(String secret) {
        return new AccessKey(new Secret(secret), null);
    }

    /// Whether it may sign a login token of this user.
    boolean signsFor(String other) {
        return user == null || user.equals(other);
    }
}
