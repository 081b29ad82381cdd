package dev.keepsake.control;

import java.time.Instant;
import java.util.Arrays;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// One user, as all records so far have made it. Immutable. Its text never contains the hashes.
///
/// @param accessString in the service's normal form
/// @param sha256Hex the SHA-256 of each password, 64 hexadecimal digits; passwords themselves are
///   never stored
/// @param since when it got its status, if that is known
public record User(
        String region,
        String name,
        Status status,
        String accessString,
        Login login,
        Set<String> sha256Hex,
        @Nullable Instant since) {
    /// The user of a client that has not logged in.
    static final String DEFAULT_NAME = "default";

    /// The values of `User.Status` that Keepsake uses.
    public enum Status {
        ACTIVE,
        MODIFYING,
        DELETING
    }

    /// How a user logs in.
    public enum Login {
        PASSWORD,
        NONE,
        IAM
    }

    public User {
        sha256Hex = Set.copyOf(sha256Hex);
    }

    /// The user that exists in every region and cannot be changed.
    static User builtIn(String region) {
        return new User(
                region, DEFAULT_NAME, Status.ACTIVE, "on ~* &* +@all", Login.NONE, Set.of(), null);
    }

    /// The oldest engine version that supports the user: 7.0 for users who log in with a token, and
    /// for patterns such as `%R~key` that limit what may be done with a key.
    public String minimumEngineVersion() {
        boolean hasPermissionsPerKey =
                Arrays.stream(accessString.split(" ", -1)).anyMatch(word -> word.startsWith("%"));
        return switch (login) {
            case NONE -> "6.0"; // the built-in one, which never changes
            case PASSWORD -> hasPermissionsPerKey ? "7.0" : "6.2";
            case IAM -> "7.0";
        };
    }

    /// Whether the user may log in.
    public boolean isEnabled() {
        return accessString.startsWith("on");
    }

    Resource resource() {
        return new Resource(region, Resource.Kind.USER, name);
    }

    User with(Status next, Instant now) {
        return new User(region, name, next, accessString, login, sha256Hex, now);
    }

    @Override
    public String toString() {
        return "User[region=%s, name=%s, status=%s, accessString=%s, hashes=%d]"
                .formatted(region, name, status, accessString, sha256Hex.size());
    }
}
