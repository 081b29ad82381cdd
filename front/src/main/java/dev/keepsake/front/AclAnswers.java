package dev.keepsake.front;

import dev.keepsake.resp.RespWriter;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/// The answers of those `ACL …` commands that describe users. Shapes as in Redis 7.0's `acl.c`. As
/// in MemoryDB, password hashes are never shown. Owned by the node's event loop.
final class AclAnswers {
    private final AccessControl access;
    private final boolean namesDatabases;

    /// @param namesDatabases whether the engine has rules about databases, as Valkey has since 9.1;
    ///   a node has one database, which every user may use
    AclAnswers(AccessControl access, boolean namesDatabases) {
        this.access = access;
        this.namesDatabases = namesDatabases;
    }

    /// Binds the answers to their rows of the command table.
    void bindTo(FrontAnswers answers) {
        answers.bind(
                "acl|whoami",
                (client, given, out) ->
                        RespWriter.bulk(out, String.valueOf(client.session().user())));
        answers.bind("acl|users", (client, given, out) -> list(AccessUser::name, out));
        answers.bind("acl|list", (client, given, out) -> list(AclAnswers::describe, out));
        answers.bind(
                "acl|getuser",
                (client, given, out) -> {
                    int protocol = client.session().protocol();
                    var user = access.user(given.text(2));
                    if (user == null) {
                        RespWriter.nullBulk(out, protocol);
                    } else {
                        describe(user, protocol, out);
                    }
                });
    }

    private void list(Function<AccessUser, String> shown, ByteBuf out) {
        RespWriter.array(out, access.users().size());
        access.users().forEach(user -> RespWriter.bulk(out, shown.apply(user)));
    }

    private static String describe(AccessUser user) {
        return "user %s on %s%s"
                .formatted(
                        user.name(),
                        user.noPassword() ? "nopass " : "",
                        String.join(" ", rules(user, "~%&+-arns(")));
    }

    private void describe(AccessUser user, int protocol, ByteBuf out) {
        RespWriter.map(out, namesDatabases ? 7 : 6, protocol);
        RespWriter.bulk(out, "flags");
        var flags = user.noPassword() ? List.of("on", "nopass") : List.of("on");
        RespWriter.set(out, flags.size(), protocol);
        flags.forEach(flag -> RespWriter.bulk(out, flag));
        RespWriter.bulk(out, "passwords");
        RespWriter.array(out, 0);
        RespWriter.bulk(out, "commands");
        RespWriter.bulk(out, String.join(" ", rules(user, "+-")));
        RespWriter.bulk(out, "keys");
        RespWriter.bulk(out, String.join(" ", rules(user, "~%")));
        RespWriter.bulk(out, "channels");
        RespWriter.bulk(out, String.join(" ", rules(user, "&")));
        if (namesDatabases) {
            RespWriter.bulk(out, "databases");
            RespWriter.bulk(out, "alldbs");
        }
        RespWriter.bulk(out, "selectors");
        RespWriter.array(out, 0);
    }

    /// The user's rules that begin with one of these letters. `on` and `off` are shown elsewhere.
    private static List<String> rules(AccessUser user, String firstLetters) {
        var found = new ArrayList<String>();
        for (var rule : user.aclRules().split(" ", -1)) {
            boolean isState = rule.equals("on") || rule.equals("off");
            if (!rule.isEmpty() && !isState && firstLetters.indexOf(rule.charAt(0)) >= 0) {
                found.add(rule);
            }
        }
        return found;
    }
}
