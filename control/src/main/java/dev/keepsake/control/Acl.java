package dev.keepsake.control;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One ACL, as all records so far have made it. Immutable.
///
/// @param userNames the users that are in it on all nodes
/// @param wanted the users that will be in it, while a change is being applied; else null
/// @param since when it got its status, if that is known
public record Acl(
        String region,
        String name,
        Status status,
        List<String> userNames,
        @Nullable List<String> wanted,
        @Nullable Instant since) {
    /// The ACL that allows everything to every client.
    public static final String OPEN_ACCESS = "open-access";

    /// The oldest engine of the service. All its versions have ACLs.
    static final String OLDEST_ENGINE = "6.2";

    /// The values of `ACL.Status` that Keepsake uses.
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

    /// The ACL that exists in every region and cannot be changed.
    static Acl builtIn(String region) {
        return new Acl(region, OPEN_ACCESS, Status.ACTIVE, List.of(User.DEFAULT_NAME), null, null);
    }

    /// The users that will be in it once the change under way has been applied.
    List<String> newest() {
        return wanted == null ? userNames : wanted;
    }

    /// The users that the change under way adds.
    public List<String> toAdd() {
        var added = new ArrayList<>(newest());
        added.removeAll(userNames);
        return added;
    }

    /// The users that the change under way removes.
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

    /// The ACL after its change has been applied on all nodes.
    Acl settled(Instant now) {
        return new Acl(region, name, Status.ACTIVE, newest(), null, now);
    }
}
