package dev.keepsake.api;

import static dev.keepsake.api.Json.wrapped;

import dev.keepsake.control.Access;
import dev.keepsake.control.AccessStringCheck;
import dev.keepsake.control.ControlService;
import dev.keepsake.control.Resource;
import dev.keepsake.control.User;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ObjectNode;

/// The operations on users and ACLs.
final class AccessOperations {
    static final String UNVERIFIED_TOKENS =
            "users log in by IAM, and tokens are accepted without checking who signed them; start with --credentials to have signatures verified";

    private static final Logger LOG = LoggerFactory.getLogger(AccessOperations.class);

    private final ControlService control;
    private final AccessStringCheck check;
    private final String accountId;
    private final boolean verifiesTokens;

    /// @param verifiesTokens whether the signatures of login tokens are verified
    AccessOperations(
            ControlService control,
            AccessStringCheck check,
            String accountId,
            boolean verifiesTokens) {
        this.control = control;
        this.check = check;
        this.accountId = accountId;
        this.verifiesTokens = verifiesTokens;
    }

    Map<String, Operation> all() {
        return Map.of(
                "CreateUser", this::createUser,
                "UpdateUser", this::updateUser,
                "DeleteUser", this::deleteUser,
                "DescribeUsers", this::describeUsers,
                "CreateACL", this::createAcl,
                "UpdateACL", this::updateAcl,
                "DeleteACL", this::deleteAcl,
                "DescribeACLs", this::describeAcls);
    }

    private ObjectNode createUser(Call call) {
        String name = call.string("UserName");
        var mode = mode(call);
        String access = checked(call.string("AccessString"));
        var tags = call.tags();
        var created =
                control.decide(plane ->
                        plane.access()
                                .createUser(call.region(), name, mode, access, tags, call.now()));
        warnOfUnverifiedTokens(created.user());
        return wrapped("User", user(created));
    }

    private ObjectNode updateUser(Call call) {
        String name = call.string("UserName");
        var mode = mode(call);
        String access = checked(call.string("AccessString"));
        var updated =
                control.decide(plane ->
                        plane.access().updateUser(call.region(), name, mode, access, call.now()));
        warnOfUnverifiedTokens(updated.user());
        return wrapped("User", user(updated));
    }

    private void warnOfUnverifiedTokens(User user) {
        if (!verifiesTokens && user.login() == User.Login.IAM) {
            LOG.warn("user={} {}", user.name(), UNVERIFIED_TOKENS);
        }
    }

    private ObjectNode deleteUser(Call call) {
        String name = call.string("UserName");
        return wrapped(
                "User",
                user(
                        control.decide(plane ->
                                plane.access().deleteUser(call.region(), name, call.now()))));
    }

    private ObjectNode describeUsers(Call call) {
        String name = call.string("UserName");
        var filters =
                call.members()
                        .list(
                                "Filters",
                                filter ->
                                        new Access.Filter(
                                                filter.string("Name"), filter.strings("Values")));
        var page =
                control.query(plane ->
                        plane.access()
                                .describeUsers(
                                        call.region(),
                                        name,
                                        filters,
                                        call.maxResults(),
                                        call.nextToken()));
        return Json.page("Users", page, this::user);
    }

    private ObjectNode createAcl(Call call) {
        String name = call.string("ACLName");
        var users = call.strings("UserNames");
        var tags = call.tags();
        return wrapped(
                "ACL",
                acl(
                        control.decide(plane ->
                                plane.access()
                                        .createAcl(call.region(), name, users, tags, call.now()))));
    }

    private ObjectNode updateAcl(Call call) {
        String name = call.string("ACLName");
        var toAdd = call.strings("UserNamesToAdd");
        var toRemove = call.strings("UserNamesToRemove");
        return wrapped(
                "ACL",
                acl(
                        control.decide(plane ->
                                plane.access()
                                        .updateAcl(
                                                call.region(),
                                                name,
                                                toAdd,
                                                toRemove,
                                                call.now()))));
    }

    private ObjectNode deleteAcl(Call call) {
        String name = call.string("ACLName");
        return wrapped(
                "ACL",
                acl(
                        control.decide(plane ->
                                plane.access().deleteAcl(call.region(), name, call.now()))));
    }

    private ObjectNode describeAcls(Call call) {
        String name = call.string("ACLName");
        var page =
                control.query(plane ->
                        plane.access()
                                .describeAcls(
                                        call.region(), name, call.maxResults(), call.nextToken()));
        return Json.page("ACLs", page, this::acl);
    }

    /// The access string, after an engine has accepted its commands and categories.
    private @Nullable String checked(@Nullable String accessString) {
        if (accessString != null) {
            check.check(Access.normalForm(accessString));
        }
        return accessString;
    }

    private static Access.@Nullable AuthenticationMode mode(Call call) {
        var mode = call.members().nested("AuthenticationMode");
        return mode == null
                ? null
                : new Access.AuthenticationMode(mode.string("Type"), mode.strings("Passwords"));
    }

    private ObjectNode user(Access.UserView view) {
        var user = view.user();
        var node = Json.object();
        node.put("Name", user.name());
        node.put("Status", user.status().name().toLowerCase(Locale.ROOT));
        node.put("AccessString", user.accessString());
        node.set("ACLNames", Json.strings(view.aclNames()));
        node.put("MinimumEngineVersion", user.minimumEngineVersion());
        var login = node.putObject("Authentication");
        switch (user.login()) {
            case NONE -> login.put("Type", "no-password");
            case IAM -> login.put("Type", "iam");
            case PASSWORD ->
                    login.put("Type", "password").put("PasswordCount", user.sha256Hex().size());
        }
        node.put(
                "ARN", new Resource(user.region(), Resource.Kind.USER, user.name()).arn(accountId));
        return node;
    }

    private ObjectNode acl(Access.AclView view) {
        var acl = view.acl();
        var node = Json.object();
        node.put("Name", acl.name());
        node.put("Status", acl.status().name().toLowerCase(Locale.ROOT));
        node.set("UserNames", Json.strings(acl.userNames()));
        node.put("MinimumEngineVersion", view.minimumEngineVersion());
        if (acl.wanted() != null) {
            var pending = node.putObject("PendingChanges");
            pending.set("UserNamesToRemove", Json.strings(acl.toRemove()));
            pending.set("UserNamesToAdd", Json.strings(acl.toAdd()));
        }
        node.set("Clusters", Json.strings(view.clusters()));
        node.put("ARN", new Resource(acl.region(), Resource.Kind.ACL, acl.name()).arn(accountId));
        return node;
    }
}
