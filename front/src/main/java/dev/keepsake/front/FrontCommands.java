package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keepsake.aws.IamTokens;
import dev.keepsake.core.Clock;
import dev.keepsake.resp.KeySlot;
import dev.keepsake.resp.RespWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.concurrent.Ticker;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Answers commands about the node: HELLO, AUTH, CLUSTER, ROLE and the like. [ClientCommands]
/// answers those of CLIENT, and [AclAnswers] those of ACL. Shapes and texts as in Redis 7.0 in
/// cluster mode. Owned by the node's event loop.
final class FrontCommands {
    private static final String HELLO_WITHOUT_AUTH =
            "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO"
                    + " <proto> AUTH <user> <pass> option can be used to authenticate the client and"
                    + " select the RESP protocol version at the same time";
    private static final String WAIT_ON_REPLICA =
            "ERR WAIT cannot be used with replica instances. Please also note that since Redis 4.0"
                    + " if a replica is configured to be writable (which is not the default) writes"
                    + " to replicas are just local and are not propagated.";
    private static final String WAITAOF_ON_REPLICA =
            "ERR WAITAOF cannot be used with replica instances. Please also note that writes to"
                    + " replicas are just local and are not propagated.";
    private static final String WRONG_PASS =
            "WRONGPASS invalid username-password pair or user is disabled.";

    private final ThisNode node;
    private final ClusterRules clusterRules;
    private final AccessControl access;
    private final @Nullable IamTokens tokens;
    private final FailedLogins failedLogins;
    private final Monitors monitors;
    private final EngineCustoms customs;
    private final EngineSide engine;
    private final Clock clock;
    private final Ticker ticker;
    private final ClusterAnswers cluster;

    /// @param tokens knows when a login with a token ends, or null when the node admits no user
    ///   with a token
    /// @param clock the time that ACL LOG shows
    /// @param ticker measures how long ago a login failed
    FrontCommands(
            ThisNode node,
            ClusterRules clusterRules,
            AccessControl access,
            @Nullable IamTokens tokens,
            FailedLogins failedLogins,
            Monitors monitors,
            EngineCustoms customs,
            EngineSide engine,
            Clock clock,
            Ticker ticker) {
        this.node = node;
        this.clusterRules = clusterRules;
        this.access = access;
        this.tokens = tokens;
        this.failedLogins = failedLogins;
        this.monitors = monitors;
        this.customs = customs;
        this.engine = engine;
        this.clock = clock;
        this.ticker = ticker;
        this.cluster = new ClusterAnswers(node.name());
    }

    /// Binds the answers to their rows of the command table.
    void bindTo(FrontAnswers answers) {
        answers.bind("hello", this::hello);
        answers.bind("auth", this::auth);
        answers.bind("asking", (client, given, out) -> RespWriter.simpleString(out, "OK"));
        answers.bind("select", this::select);
        answers.bind("wait", (client, given, out) -> waitForReplicas(given.texts(), out));
        answers.bind("waitaof", (client, given, out) -> waitForFiles(given.texts(), out));
        answers.bind("role", (client, given, out) -> role(out));
        answers.bind(
                "monitor",
                (client, given, out) -> {
                    monitors.add(client);
                    RespWriter.simpleString(out, "OK");
                });
        answers.bind(
                "reset",
                (client, given, out) -> {
                    client.forget();
                    monitors.remove(client);
                    client.session().reset(client.newcomer());
                    RespWriter.simpleString(out, "RESET");
                });
        answers.bindClosing(
                "quit",
                (client, given, out) -> {
                    RespWriter.simpleString(out, "OK");
                    return false;
                });
        answers.bind("readonly", (client, given, out) -> readOnly(client, true, out));
        answers.bind("readwrite", (client, given, out) -> readOnly(client, false, out));
        bindCluster(answers);
    }

    private void select(Client client, Arguments given, ByteBuf out) {
        String refusal = clusterRules.refusalToSelect(given.text(1));
        if (refusal == null) {
            RespWriter.simpleString(out, "OK");
        } else {
            RespWriter.error(out, refusal);
        }
    }

    private static void readOnly(Client client, boolean accepted, ByteBuf out) {
        client.session().readOnly(accepted);
        RespWriter.simpleString(out, "OK");
    }

    private void hello(Client client, Arguments given, ByteBuf out) {
        var session = client.session();
        var arguments = given.texts();
        int protocol = session.protocol();
        int next = 1;
        if (arguments.length > 1) {
            if (!arguments[1].equals("2") && !arguments[1].equals("3")) {
                RespWriter.error(
                        out,
                        arguments[1].matches("-?\\d+")
                                ? "NOPROTO unsupported protocol version"
                                : "ERR Protocol version is not an integer or out of range");
                return;
            }
            protocol = Integer.parseInt(arguments[1]);
            next = 2;
        }
        // One option after the other, as in Redis: the options before an error have taken effect.
        while (next < arguments.length) {
            String option = arguments[next].toUpperCase(Locale.ROOT);
            if (option.equals("AUTH") && next + 2 < arguments.length) {
                String user = arguments[next + 1];
                if (!access.lets(user, given.bytes(next + 2))) {
                    noteFailedLogin(client, given, user);
                    RespWriter.error(out, WRONG_PASS);
                    return;
                }
                logIn(session, user);
                next += 3;
            } else if (option.equals("SETNAME") && next + 1 < arguments.length) {
                if (!ClientCommands.isName(arguments[next + 1])) {
                    RespWriter.error(out, ClientCommands.BAD_NAME);
                    return;
                }
                session.name(arguments[next + 1]);
                next += 2;
            } else {
                RespWriter.error(
                        out, "ERR Syntax error in HELLO option '%s'".formatted(arguments[next]));
                return;
            }
        }
        if (session.user() == null) {
            RespWriter.error(out, HELLO_WITHOUT_AUTH);
            return;
        }
        session.speak(protocol);
        RespWriter.map(out, 7, protocol);
        RespWriter.bulk(out, "server");
        RespWriter.bulk(out, node.engine().nameInHello());
        RespWriter.bulk(out, "version");
        RespWriter.bulk(out, node.engine().version());
        RespWriter.bulk(out, "proto");
        RespWriter.integer(out, protocol);
        RespWriter.bulk(out, "id");
        RespWriter.integer(out, client.id());
        RespWriter.bulk(out, "mode");
        RespWriter.bulk(out, "cluster");
        RespWriter.bulk(out, "role");
        RespWriter.bulk(out, isPrimary() ? "master" : "replica");
        RespWriter.bulk(out, "modules");
        customs.writeModules(protocol, out);
    }

    private void noteFailedLogin(Client client, Arguments given, String user) {
        var command = new String(given.bytes(0), UTF_8);
        failedLogins.note(
                command, user, ticker.nanoTime(), clock.now().toEpochMilli(), client.describe());
    }

    private void auth(Client client, Arguments given, ByteBuf out) {
        var session = client.session();
        var arguments = given.texts();
        if (arguments.length > 3) {
            RespWriter.error(out, "ERR syntax error");
            return;
        }
        boolean named = arguments.length == 3;
        if (!named && access.newcomer() != null) {
            RespWriter.error(
                    out,
                    "ERR AUTH <password> called without any password configured for the default"
                            + " user. Are you sure your configuration is correct?");
            return;
        }
        String user = named ? arguments[1] : AccessUser.DEFAULT_NAME;
        if (access.lets(user, given.bytes(arguments.length - 1))) {
            logIn(session, user);
            RespWriter.simpleString(out, "OK");
        } else {
            noteFailedLogin(client, given, user);
            RespWriter.error(out, WRONG_PASS);
        }
    }

    private void logIn(Session session, String user) {
        session.user(user);
        if (tokens != null && access.isByToken(user)) {
            session.endsAt(tokens.loginEndsNs());
        }
    }

    /// The preceding commands are in the log already, from which all replicas read them.
    private void waitForReplicas(String[] arguments, ByteBuf out) {
        var timeoutMs = Arguments.number(arguments[2]);
        if (!isPrimary()) {
            RespWriter.error(out, WAIT_ON_REPLICA);
        } else if (Arguments.number(arguments[1]) == null) {
            RespWriter.error(out, Refusals.NOT_AN_INTEGER);
        } else if (timeoutMs == null) {
            RespWriter.error(out, "ERR timeout is not an integer or out of range");
        } else if (timeoutMs < 0) {
            RespWriter.error(out, "ERR timeout is negative");
        } else {
            RespWriter.integer(out, cluster.onlineReplicas(node.topology()));
        }
    }

    /// The preceding commands are in the log already, on disk, from which all replicas read them.
    private void waitForFiles(String[] arguments, ByteBuf out) {
        var local = Arguments.number(arguments[1]);
        var replicas = Arguments.number(arguments[2]);
        var timeoutMs = Arguments.number(arguments[3]);
        if (local == null || local < 0 || local > 1) {
            RespWriter.error(
                    out,
                    local == null
                            ? Refusals.NOT_AN_INTEGER
                            : "ERR value is out of range, value must between 0 and 1");
        } else if (replicas == null || replicas < 0) {
            RespWriter.error(
                    out,
                    replicas == null
                            ? Refusals.NOT_AN_INTEGER
                            : "ERR value is out of range, must be positive");
        } else if (timeoutMs == null) {
            RespWriter.error(out, "ERR timeout is not an integer or out of range");
        } else if (timeoutMs < 0) {
            RespWriter.error(out, "ERR timeout is negative");
        } else if (!isPrimary()) {
            RespWriter.error(out, WAITAOF_ON_REPLICA);
        } else {
            RespWriter.array(out, 2);
            RespWriter.integer(out, 1);
            RespWriter.integer(out, cluster.onlineReplicas(node.topology()));
        }
    }

    private void bindCluster(FrontAnswers answers) {
        answers.bind(
                "cluster|slots",
                (client, given, out) -> cluster.slots(node.topology(), protocol(client), out));
        answers.bind(
                "cluster|shards",
                (client, given, out) ->
                        cluster.shards(
                                node.topology(),
                                protocol(client),
                                node.speaksTls(),
                                node.engine().isValkeySince(9, 0),
                                node::offsetOf,
                                out));
        answers.bind(
                "cluster|nodes",
                (client, given, out) ->
                        RespWriter.verbatim(out, cluster.nodes(node.topology()), protocol(client)));
        answers.bind(
                "cluster|info",
                (client, given, out) ->
                        RespWriter.verbatim(out, cluster.info(node.topology()), protocol(client)));
        answers.bind(
                "cluster|myid",
                (client, given, out) -> RespWriter.bulk(out, cluster.myself(node.topology()).id()));
        answers.bind(
                "cluster|myshardid",
                (client, given, out) ->
                        RespWriter.bulk(out, cluster.myShard(node.topology()).id()));
        answers.bind(
                "cluster|keyslot",
                (client, given, out) -> {
                    var key = Unpooled.wrappedBuffer(given.bytes(2));
                    RespWriter.integer(out, KeySlot.of(key, 0, key.readableBytes()));
                });
        // The nodes have no cluster bus.
        answers.bind("cluster|links", (client, given, out) -> RespWriter.array(out, 0));
        answers.bind("cluster|replicas", this::replicas);
        answers.bind("cluster|slaves", this::replicas);
        answers.bind("cluster|count-failure-reports", this::failureReports);
        var help = ClusterHelp.of(node.engine());
        answers.bind("cluster|help", (client, given, out) -> help.write(out));
        answers.bindAnswer("cluster|countkeysinslot", new KeysInSlotCommand(node, engine, true));
        answers.bindAnswer("cluster|getkeysinslot", new KeysInSlotCommand(node, engine, false));
        answers.bindAnswer("cluster|slot-stats", new SlotStatsCommand(node, engine));
    }

    private static int protocol(Client client) {
        return client.session().protocol();
    }

    private void replicas(Client client, Arguments given, ByteBuf out) {
        cluster.replicas(node.topology(), given.text(2), out);
    }

    private void failureReports(Client client, Arguments given, ByteBuf out) {
        if (cluster.knows(node.topology(), given.text(2))) {
            RespWriter.integer(out, 0);
        } else {
            RespWriter.error(out, "ERR Unknown node " + given.text(2));
        }
    }

    private boolean isPrimary() {
        return cluster.isPrimary(node.topology());
    }

    private void role(ByteBuf out) {
        var shard = cluster.myShard(node.topology());
        if (isPrimary()) {
            RespWriter.array(out, 3);
            RespWriter.bulk(out, "master");
            RespWriter.integer(out, node.offsetOf(shard.primary()));
            RespWriter.array(out, shard.replicas().size());
            for (var replica : shard.replicas()) {
                RespWriter.array(out, 3);
                RespWriter.bulk(out, replica.ip());
                RespWriter.bulk(out, Integer.toString(replica.port()));
                RespWriter.bulk(out, Long.toString(node.offsetOf(replica)));
            }
            return;
        }
        RespWriter.array(out, 5);
        RespWriter.bulk(out, "slave");
        RespWriter.bulk(out, shard.primary().ip());
        RespWriter.integer(out, shard.primary().port());
        RespWriter.bulk(out, node.isServing() ? "connected" : "sync");
        RespWriter.integer(out, node.offsetOf(cluster.myself(node.topology())));
    }
}
