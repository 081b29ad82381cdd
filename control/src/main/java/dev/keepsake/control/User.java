package dev.keepsake.control;

import java.util.Set;
import java.util.TreeSet;

/// One user, as all records so far leave it. Immutable; it never shows its hashes.
///
/// @param accessString in the service's normal form
/// @param sha256Hex of each password, 64 hexadecimal digits; passwords themselves are never kept
public record User(
        String region,
        String name,
        Status status,
        String accessString,
        Login login,
        Set<String> sha256Hex) {
    /// The user that everybody is who has not said who it is.
    static final String DEFAULT_NAME = "default";

    /// The values of `User.Status` that occur.
    public enum Status {
        ACTIVE,
        MODIFYING,
        DELETING
    }

    /// How a user proves who it is.
    public enum Login {
        PASSWORD,
        NONE,
        IAM
    }

    public User {
        sha256Hex = Set.copyOf(sha256Hex);
    }

    /// The user that is in every region, and cannot be changed.
    static User builtIn(String region) {
        return new User(
                region, DEFAULT_NAME, Status.ACTIVE, "on ~* &* +@all", Login.NONE, Set.of());
    }

    /// The oldest engine that knows everything the user needs.
    public String minimumEngineVersion() {
        return switch (login) {
            case NONE -> "6.0";
            case PASSWORD -> "6.2";
            case IAM -> "7.0";
        };
    }

    /// Whether it may log in.
    public boolean isEnabled() {
        return accessString.startsWith("on");
    }

    Resource resource() {
        return new Resource(region, Resource.Kind.USER, name);
    }

    User with(Status next) {
        return new User(region, name, next, accessString, login, sha256Hex);
    }

    /// The hashes in order, so that equal users give equal rules.
    public Set<String> sortedHashes() {
        return new TreeSet<>(sha256Hex);
    }

    @Override
    public String toString() {
        return "User[region=%s, name=%s, status=%s, accessString=%s, hashes=%d]"
                .formatted(region, name, status, accessString, sha256Hex.size());
    }
}
