package dev.keepsake.control;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Users and ACLs: which user may do what in which clusters.
///
/// A change is decided at once. Its user or ACL shows `modifying` until the nodes of every cluster
/// that it concerns have applied it, which the fleet reports with [#settle]. Passwords are hashed
/// at once and are stored nowhere.
public final class Access {
    private static final int USERS_MAX = 2_000;
    private static final int ACLS_MAX = 200;
    private static final int USERS_PER_ACL_MAX = 100;
    private static final int PASSWORDS_MAX = 2;
    private static final Pattern PASSWORD = Pattern.compile("[\\x20-\\x7e&&[^,\"/@]]{16,128}");

    private final ControlState state;
    private final StatusPace pace;

    Access(ControlState state, StatusPace pace) {
        this.state = state;
        this.pace = pace;
    }

    /// `AuthenticationMode` of a request. Its text never contains the passwords.
    public record AuthenticationMode(@Nullable String type, @Nullable List<String> passwords) {
        @Override
        public String toString() {
            return "AuthenticationMode[type=%s]".formatted(type);
        }
    }

    /// A user and the names of the ACLs that contain it.
    public record UserView(User user, List<String> aclNames) {}

    /// An ACL and the names of the clusters that use it.
    ///
    /// @param minimumEngineVersion the oldest engine version that supports all its users
    public record AclView(Acl acl, List<String> clusters, String minimumEngineVersion) {}

    /// The normal form of an access string.
    ///
    /// @throws ApiException when the text is not an access string; it is not checked here whether
    ///   an engine knows its commands
    public static String normalForm(String accessString) {
        return AccessStrings.normal(Requests.required("AccessString", accessString));
    }

    // ---- users

    /// CreateUser.
    public Decision<UserView> createUser(
            String region,
            @Nullable String userName,
            @Nullable AuthenticationMode mode,
            @Nullable String accessString,
            @Nullable List<CreateClusterRequest.Tag> tags,
            Instant now) {
        String name = Requests.name("UserName", userName);
        var login = login(mode);
        String rules = AccessStrings.normal(Requests.required("AccessString", accessString));
        var checkedTags = TagRules.check(tags);
        if (findUser(region, name) != null) {
            throw Fault.USER_ALREADY_EXISTS.because("User %s already exists.", name);
        }
        if (state.users().all(region).size() + 1 >= USERS_MAX) {
            throw Fault.USER_QUOTA_EXCEEDED.because("There are %d users already.", USERS_MAX);
        }
        var user =
                new User(
                        region,
                        name,
                        User.Status.ACTIVE,
                        rules,
                        login.kind(),
                        login.sha256Hex(),
                        now);
        var records = new ArrayList<ControlRecord>();
        records.add(new ControlRecord.UserChanged(user));
        records.addAll(TagRules.onCreation(user.resource(), checkedTags));
        records.add(Events.of(user.resource(), now, "Create user %s operation completed."));
        return new Decision<>(records, new UserView(user, List.of()));
    }

    /// UpdateUser.
    public Decision<UserView> updateUser(
            String region,
            @Nullable String userName,
            @Nullable AuthenticationMode mode,
            @Nullable String accessString,
            Instant now) {
        var user = existingUser(region, userName);
        if (mode == null && accessString == null) {
            throw Fault.INVALID_PARAMETER_COMBINATION.because(
                    "Nothing is to be changed; give AuthenticationMode or AccessString.");
        }
        expectChangeable(user);
        var login = mode == null ? new LoginGiven(user.login(), user.sha256Hex()) : login(mode);
        String rules =
                accessString == null ? user.accessString() : AccessStrings.normal(accessString);
        var next =
                new User(
                        region,
                        user.name(),
                        User.Status.MODIFYING,
                        rules,
                        login.kind(),
                        login.sha256Hex(),
                        now);
        return new Decision<>(List.of(new ControlRecord.UserChanged(next)), view(next));
    }

    /// DeleteUser. The user is removed from every ACL.
    public Decision<UserView> deleteUser(String region, @Nullable String userName, Instant now) {
        var user = existingUser(region, userName);
        expectChangeable(user);
        var records = new ArrayList<ControlRecord>();
        var deleting = user.with(User.Status.DELETING, now);
        records.add(new ControlRecord.UserChanged(deleting));
        for (var acl : state.acls().all(region)) {
            if (acl.status() != Acl.Status.DELETING && acl.newest().contains(user.name())) {
                var left = new ArrayList<>(acl.newest());
                left.remove(user.name());
                records.add(new ControlRecord.AclChanged(acl.wanting(left, now)));
            }
        }
        return new Decision<>(records, view(deleting));
    }

    /// A filter of DescribeUsers.
    public record Filter(@Nullable String name, @Nullable List<String> values) {}

    /// DescribeUsers, ordered by name.
    public Page<UserView> describeUsers(
            String region,
            @Nullable String userName,
            @Nullable List<Filter> filters,
            @Nullable Integer maxResults,
            @Nullable String nextToken) {
        int size = Requests.pageSize(maxResults);
        if (userName != null) {
            return new Page<>(List.of(view(existingUser(region, userName))), null);
        }
        var users = new ArrayList<User>(state.users().all(region));
        users.add(User.builtIn(region));
        users.sort((a, b) -> a.name().compareTo(b.name()));
        for (var filter : filters == null ? List.<Filter>of() : filters) {
            String by = Requests.required("Name", filter.name());
            var values = filter.values();
            boolean isKnown = by.equalsIgnoreCase("user-name") || by.equalsIgnoreCase("UserName");
            if (!isKnown || values == null || values.isEmpty()) {
                throw Fault.INVALID_PARAMETER_COMBINATION.because(
                        "Filter %s is not known; expected user-name with one or more Values.", by);
            }
            users.removeIf(user -> values.stream().noneMatch(user.name()::equalsIgnoreCase));
        }
        var page = Page.of("DescribeUsers", users, User::name, size, nextToken);
        return new Page<>(page.items().stream().map(this::view).toList(), page.nextToken());
    }

    private UserView view(User user) {
        var in = new ArrayList<String>();
        for (var acl : allAcls(user.region())) {
            if (acl.userNames().contains(user.name())) {
                in.add(acl.name());
            }
        }
        return new UserView(user, in);
    }

    /// @throws ApiException when no user has this name
    User existingUser(String region, @Nullable String userName) {
        String name = Requests.required("UserName", userName).toLowerCase(Locale.ROOT);
        var user = findUser(region, name);
        if (user == null) {
            throw Fault.USER_NOT_FOUND.because("User %s not found.", name);
        }
        return user;
    }

    private @Nullable User findUser(String region, String name) {
        return name.equals(User.DEFAULT_NAME)
                ? User.builtIn(region)
                : state.users().find(region, name).orElse(null);
    }

    private static void expectChangeable(User user) {
        if (user.name().equals(User.DEFAULT_NAME)) {
            throw Fault.INVALID_PARAMETER_VALUE.because(
                    "The user default can't be changed or deleted.");
        }
        if (user.status() != User.Status.ACTIVE) {
            throw Fault.INVALID_USER_STATE.because(
                    "User %s is %s; it has to be active.",
                    user.name(), user.status().name().toLowerCase(Locale.ROOT));
        }
    }

    private record LoginGiven(User.Login kind, Set<String> sha256Hex) {}

    private static LoginGiven login(@Nullable AuthenticationMode mode) {
        if (mode == null) {
            throw Fault.INVALID_PARAMETER_VALUE.because("AuthenticationMode is required.");
        }
        var passwords = mode.passwords() == null ? List.<String>of() : mode.passwords();
        return switch (Requests.required("Type", mode.type())) {
            case "iam" -> {
                if (!passwords.isEmpty()) {
                    throw Fault.INVALID_PARAMETER_COMBINATION.because(
                            "Passwords are given for an AuthenticationMode of Type iam.");
                }
                yield new LoginGiven(User.Login.IAM, Set.of());
            }
            case "password" -> {
                if (passwords.isEmpty() || passwords.size() > PASSWORDS_MAX) {
                    throw Fault.INVALID_PARAMETER_COMBINATION.because(
                            "%d passwords are given; a user has 1 or 2.", passwords.size());
                }
                var hashes = new HashSet<String>();
                for (String password : passwords) {
                    if (!PASSWORD.matcher(password).matches()) {
                        throw Fault.INVALID_PARAMETER_VALUE.because(
                                "A password is not valid: 16 to 128 printable characters, none of"
                                        + " them a comma, a quotation mark, a slash or an at sign.");
                    }
                    hashes.add(sha256Hex(password));
                }
                yield new LoginGiven(User.Login.PASSWORD, hashes);
            }
            default ->
                    throw Fault.INVALID_PARAMETER_VALUE.because(
                            "Type is %s; expected one of password, iam.",
                            String.valueOf(mode.type()));
        };
    }

    private static String sha256Hex(String password) {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(digest.digest(password.getBytes(UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    // ---- ACLs

    /// CreateACL.
    public Decision<AclView> createAcl(
            String region,
            @Nullable String aclName,
            @Nullable List<String> userNames,
            @Nullable List<CreateClusterRequest.Tag> tags,
            Instant now) {
        String name = Requests.name("ACLName", aclName);
        var users = members(region, userNames == null ? List.of() : userNames);
        var checkedTags = TagRules.check(tags);
        if (findAcl(region, name) != null) {
            throw Fault.ACL_ALREADY_EXISTS.because("ACL %s already exists.", name);
        }
        if (state.acls().all(region).size() + 1 >= ACLS_MAX) {
            throw Fault.ACL_QUOTA_EXCEEDED.because("There are %d ACLs already.", ACLS_MAX);
        }
        var acl = new Acl(region, name, Acl.Status.CREATING, users, null, now);
        var records = new ArrayList<ControlRecord>();
        records.add(new ControlRecord.AclChanged(acl));
        records.addAll(TagRules.onCreation(acl.resource(), checkedTags));
        records.add(Events.of(acl.resource(), now, "Create acl %s operation completed."));
        return new Decision<>(records, new AclView(acl, List.of(), minimumEngineVersion(acl)));
    }

    /// UpdateACL.
    public Decision<AclView> updateAcl(
            String region,
            @Nullable String aclName,
            @Nullable List<String> toAdd,
            @Nullable List<String> toRemove,
            Instant now) {
        var acl = existingAcl(region, aclName);
        var added = members(region, toAdd == null ? List.of() : toAdd);
        var removed = toRemove == null ? List.<String>of() : toRemove;
        if (added.isEmpty() && removed.isEmpty()) {
            throw Fault.INVALID_PARAMETER_COMBINATION.because(
                    "Nothing is to be changed; give UserNamesToAdd or UserNamesToRemove.");
        }
        if (acl.name().equals(Acl.OPEN_ACCESS)) {
            throw Fault.INVALID_PARAMETER_VALUE.because("open-access ACL can't be modified.");
        }
        if (acl.status() != Acl.Status.ACTIVE) {
            throw invalidState(acl, "it has to be active");
        }
        var next = new ArrayList<>(acl.userNames());
        for (String given : removed) {
            String name = given.toLowerCase(Locale.ROOT);
            if (!next.remove(name)) {
                throw Fault.INVALID_PARAMETER_VALUE.because(
                        "User %s is not in ACL %s.", name, acl.name());
            }
        }
        for (String name : added) {
            if (next.contains(name)) {
                throw Fault.DUPLICATE_USER_NAME.because(
                        "User %s is in ACL %s already.", name, acl.name());
            }
            next.add(name);
        }
        expectNotTooMany(next);
        var modified = acl.wanting(next, now);
        return new Decision<>(List.of(new ControlRecord.AclChanged(modified)), view(modified));
    }

    /// DeleteACL.
    public Decision<AclView> deleteAcl(String region, @Nullable String aclName, Instant now) {
        var acl = existingAcl(region, aclName);
        if (acl.name().equals(Acl.OPEN_ACCESS)) {
            throw Fault.INVALID_PARAMETER_VALUE.because("open-access ACL can't be deleted.");
        }
        if (acl.status() != Acl.Status.ACTIVE) {
            throw invalidState(acl, "it has to be active");
        }
        var users = clustersOf(acl);
        if (!users.isEmpty()) {
            throw invalidState(acl, "cluster %s uses it".formatted(users.getFirst()));
        }
        var deleting = acl.deleting(now);
        return new Decision<>(List.of(new ControlRecord.AclChanged(deleting)), view(deleting));
    }

    /// DescribeACLs, ordered by name.
    public Page<AclView> describeAcls(
            String region,
            @Nullable String aclName,
            @Nullable Integer maxResults,
            @Nullable String nextToken) {
        int size = Requests.pageSize(maxResults);
        if (aclName != null) {
            return new Page<>(List.of(view(existingAcl(region, aclName))), null);
        }
        var page =
                Page.of("DescribeACLs", List.copyOf(allAcls(region)), Acl::name, size, nextToken);
        return new Page<>(page.items().stream().map(this::view).toList(), page.nextToken());
    }

    private Collection<Acl> allAcls(String region) {
        var all = new ArrayList<Acl>(state.acls().all(region));
        all.add(Acl.builtIn(region));
        all.sort((a, b) -> a.name().compareTo(b.name()));
        return all;
    }

    private AclView view(Acl acl) {
        return new AclView(acl, clustersOf(acl), minimumEngineVersion(acl));
    }

    private String minimumEngineVersion(Acl acl) {
        return acl.userNames().stream()
                .map(name -> findUser(acl.region(), name))
                .filter(Objects::nonNull)
                .map(User::minimumEngineVersion)
                .reduce(Acl.OLDEST_ENGINE, (a, b) -> a.compareTo(b) < 0 ? b : a);
    }

    /// Whether a user of any region logs in with a token instead of a password.
    public boolean hasIamUsers() {
        return state.users().all().stream().anyMatch(user -> user.login() == User.Login.IAM);
    }

    private List<String> clustersOf(Acl acl) {
        return state.clusters(acl.region()).stream()
                .filter(cluster ->
                        cluster.spec().aclName().equals(acl.name())
                                || wantedAcl(cluster).equals(acl.name()))
                .map(cluster -> cluster.spec().id().name())
                .toList();
    }

    /// @throws ApiException when no ACL has this name
    Acl existingAcl(String region, @Nullable String aclName) {
        String name = Requests.required("ACLName", aclName).toLowerCase(Locale.ROOT);
        var acl = findAcl(region, name);
        if (acl == null) {
            throw Fault.ACL_NOT_FOUND.because("ACL %s not found.", name);
        }
        return acl;
    }

    /// The name of the ACL for a cluster.
    ///
    /// @throws ApiException when no ACL has this name, or it is being deleted
    String usableAcl(String region, @Nullable String aclName) {
        var acl = existingAcl(region, aclName);
        if (acl.status() == Acl.Status.DELETING) {
            throw invalidState(acl, "it has to be active");
        }
        return acl.name();
    }

    private @Nullable Acl findAcl(String region, String name) {
        return name.equals(Acl.OPEN_ACCESS)
                ? Acl.builtIn(region)
                : state.acls().find(region, name).orElse(null);
    }

    private static ApiException invalidState(Acl acl, String why) {
        return Fault.INVALID_ACL_STATE.because(
                "ACL %s is %s; %s.", acl.name(), acl.status().name().toLowerCase(Locale.ROOT), why);
    }

    private List<String> members(String region, List<String> given) {
        var names = new ArrayList<String>();
        for (String userName : given) {
            var user = existingUser(region, userName);
            if (user.name().equals(User.DEFAULT_NAME)) {
                throw Fault.INVALID_PARAMETER_VALUE.because(
                        "The user default can only be in the ACL open-access.");
            }
            if (user.status() == User.Status.DELETING) {
                throw Fault.USER_NOT_FOUND.because("User %s is being deleted.", user.name());
            }
            if (names.contains(user.name())) {
                throw Fault.DUPLICATE_USER_NAME.because("User %s is given twice.", user.name());
            }
            names.add(user.name());
        }
        expectNotTooMany(names);
        return names;
    }

    private static void expectNotTooMany(List<String> names) {
        if (names.size() > USERS_PER_ACL_MAX) {
            throw Fault.INVALID_PARAMETER_VALUE.because(
                    "%d users would be in the ACL; at most %d may.",
                    names.size(), USERS_PER_ACL_MAX);
        }
    }

    // ---- for the fleet

    /// The users that the nodes of a cluster have to accept, ordered by name.
    public List<AccessRule> rulesOf(ClusterState cluster) {
        String region = cluster.spec().id().region();
        var acl = findAcl(region, wantedAcl(cluster));
        var rules = new ArrayList<AccessRule>();
        for (String name : acl == null ? List.<String>of() : acl.newest()) {
            var user = findUser(region, name);
            if (user != null) {
                rules.add(AccessRule.of(user));
            }
        }
        rules.sort((a, b) -> a.name().compareTo(b.name()));
        return rules;
    }

    /// The ACL whose rules the nodes of a cluster still have to apply: a different ACL than before,
    /// or the same one after a change of it or of one of its users. Empty when there is nothing to
    /// apply.
    public Optional<String> aclToApply(ClusterState cluster) {
        String wanted = wantedAcl(cluster);
        if (!wanted.equals(cluster.spec().aclName())) {
            return Optional.of(wanted);
        }
        var acl = findAcl(cluster.spec().id().region(), wanted);
        return Optional.of(wanted)
                .filter(name -> acl != null && cluster.isUp() && isModifying(acl));
    }

    private boolean isModifying(Acl acl) {
        return acl.status() == Acl.Status.MODIFYING
                || acl.newest().stream()
                        .map(name -> findUser(acl.region(), name))
                        .anyMatch(user -> user != null && user.status() == User.Status.MODIFYING);
    }

    private static String wantedAcl(ClusterState cluster) {
        var update = cluster.update();
        return update == null || update.aclToApply() == null
                ? cluster.spec().aclName()
                : update.aclToApply();
    }

    /// Reports which users the nodes accept at present. A user or ACL whose change has reached all
    /// nodes is active again, or deleted.
    ///
    /// @param applied by cluster, the rules that its nodes have received; clusters whose nodes have
    ///   not been started yet are missing
    /// @param behind the clusters with nodes that have not applied the rules yet
    public Decision<Boolean> settle(
            Map<ClusterId, List<AccessRule>> applied, Set<ClusterId> behind, Instant now) {
        Predicate<Acl> reached = acl -> hasReached(acl, applied, behind);
        var records = new ArrayList<ControlRecord>();
        var settledAcls = new HashSet<Resource>();
        for (var acl : state.acls().all()) {
            if (acl.status() == Acl.Status.ACTIVE
                    || !StatusPace.isOver(acl.since(), pace.settling(), now)
                    || !reached.test(acl)) {
                continue;
            }
            settledAcls.add(acl.resource());
            if (acl.status() == Acl.Status.DELETING) {
                records.add(new ControlRecord.AclRemoved(acl.region(), acl.name()));
                records.add(Events.of(acl.resource(), now, "Delete acl %s operation completed."));
            } else {
                records.add(new ControlRecord.AclChanged(acl.settled(now)));
                if (acl.status() == Acl.Status.MODIFYING) {
                    records.add(
                            Events.of(acl.resource(), now, "Update acl %s operation completed."));
                }
            }
        }
        for (var user : state.users().all()) {
            if (user.status() == User.Status.ACTIVE
                    || !StatusPace.isOver(user.since(), pace.settling(), now)) {
                continue;
            }
            boolean reachedAll =
                    state.acls().all(user.region()).stream()
                            .filter(acl ->
                                    acl.newest().contains(user.name())
                                            || acl.userNames().contains(user.name()))
                            .allMatch(acl ->
                                    settledAcls.contains(acl.resource())
                                            || (acl.status() == Acl.Status.ACTIVE
                                                    && reached.test(acl)));
            if (!reachedAll) {
                continue;
            }
            if (user.status() == User.Status.DELETING) {
                records.add(new ControlRecord.UserRemoved(user.region(), user.name()));
                records.add(Events.of(user.resource(), now, "Delete user %s operation completed."));
            } else {
                records.add(new ControlRecord.UserChanged(user.with(User.Status.ACTIVE, now)));
                records.add(Events.of(user.resource(), now, "Update user %s operation completed."));
            }
        }
        return new Decision<>(records, !records.isEmpty());
    }

    /// Whether any user or ACL waits for [#settle].
    public boolean isUnsettled() {
        return state.acls().all().stream().anyMatch(acl -> acl.status() != Acl.Status.ACTIVE)
                || state.users().all().stream()
                        .anyMatch(user -> user.status() != User.Status.ACTIVE);
    }

    private boolean hasReached(
            Acl acl, Map<ClusterId, List<AccessRule>> applied, Set<ClusterId> behind) {
        return state.clusters(acl.region()).stream()
                .filter(cluster -> wantedAcl(cluster).equals(acl.name()))
                .allMatch(cluster -> {
                    var rules = applied.get(cluster.spec().id());
                    return rules == null
                            || (rules.equals(rulesOf(cluster))
                                    && !behind.contains(cluster.spec().id()));
                });
    }
}
