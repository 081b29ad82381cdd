package dev.keepsake.control;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One ACL, as all records so far leave it. Immutable.
///
/// @param userNames who is in it wherever it applies
/// @param wanted who is to be in it, while that is being applied; else null
/// @param since when it got its status, as far as that is known
public record Acl(
        String region,
        String name,
        Status status,
        List<String> userNames,
        @Nullable List<String> wanted,
        @Nullable Instant since) {
    /// The ACL that lets everybody do everything.
    public static final String OPEN_ACCESS = "open-access";

    /// The oldest engine of the service, whose every version knows ACLs.
    static final String OLDEST_ENGINE = "6.2";

    /// The values of `ACL.Status` that occur.
    public enum Status {
        CREATING,
        ACTIVE,
        MODIFYING,
        DELETING
    }

    public Acl {
        userNames = List.copyOf(userNames);
        wanted = wanted == null ? null : List.copyOf(wanted);
    }

    /// The ACL that is in every region, and cannot be changed.
    static Acl builtIn(String region) {
        return new Acl(region, OPEN_ACCESS, Status.ACTIVE, List.of(User.DEFAULT_NAME), null, null);
    }

    /// Who is in it, or soon will be.
    List<String> newest() {
        return wanted == null ? userNames : wanted;
    }

    /// Who is about to be added.
    public List<String> toAdd() {
        var added = new ArrayList<>(newest());
        added.removeAll(userNames);
        return added;
    }

    /// Who is about to be removed.
    public List<String> toRemove() {
        var removed = new ArrayList<>(userNames);
        removed.removeAll(newest());
        return removed;
    }

    Resource resource() {
        return new Resource(region, Resource.Kind.ACL, name);
    }

    Acl deleting(Instant now) {
        return new Acl(region, name, Status.DELETING, userNames, wanted, now);
    }

    Acl wanting(List<String> users, Instant now) {
        return new Acl(region, name, Status.MODIFYING, userNames, users, now);
    }

    /// What is wanted has been applied everywhere.
    Acl settled(Instant now) {
        return new Acl(region, name, Status.ACTIVE, newest(), null, now);
    }
}
