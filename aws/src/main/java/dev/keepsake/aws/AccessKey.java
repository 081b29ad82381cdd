package dev.keepsake.aws;

import dev.keepsake.core.Secret;
import org.jspecify.annotations.Nullable;

/// One key with which calls and login tokens are signed, without its id. It never shows its secret.
///
/// @param user whose login tokens it signs, or null for anybody's
public record AccessKey(Secret secret, @Nullable String user) {
    /// A key that signs for anybody.
    public static AccessKey of(String secret) {
        return new AccessKey(new Secret(secret), null);
    }

    /// Whether it may sign a login token of this user.
    boolean signsFor(String other) {
        return user == null || user.equals(other);
    }
}
