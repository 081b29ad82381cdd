package dev.keepsake.front;

import dev.keepsake.resp.CommandSpec;
import dev.keepsake.resp.Trait;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Decides what becomes of a command, by the command and by the state of its client and of the
/// node. Changes neither, and does no I/O.
///
/// The first check with a result decides. Where a client can see the order, it is that of Redis 7.0
/// (`processCommand` in `server.c`). What the engine checks itself is not here, above all the
/// rights of users.
///
/// | # | check | says |
/// | --: | --- | --- |
/// | 1 | does the client wait for an answer? | wait |
/// | 2 | is it a command, with as many arguments as it takes? | disconnect, deny |
/// | 3 | does the client's lane change? | wait |
/// | 4 | may this client give it? is its script too long? | deny |
/// | 5 | does the client listen only? | refuse |
/// | 6 | is it the front's to answer? | answer, queue, ask, wait, refuse |
/// | 7 | does the transaction become too large? | refuse |
/// | 8 | are its keys known? | pass on, skip |
/// | 9 | are its keys here? | redirect |
/// | 10 | does the node serve? | while loading, refuse |
/// | 11 | has the log room? | refuse |
/// | 12 | are writes paused? | wait |
/// | 13 | is it for the primary alone? | relay, refuse |
/// | 14 | does a cluster take it? | refuse, queue the error |
/// | 15 | what is its script? | read, wait, refuse |
/// | 16 | does it need a lane of its own? | send |
final class Admission {
    /// The client, as far as it matters for the decision.
    interface Client {
        /// Whether an answer is under way to it that comes neither at once nor over its lane.
        boolean isPromisedAnswer();

        /// Whether one of its commands is under way.
        boolean isAwaiting();

        /// Whether its own lane accepts no commands now.
        boolean isLaneChanging();

        /// Whether it has a lane of its own.
        boolean hasOwnLane();

        /// The user of the client, or null when it has to log in first.
        @Nullable String user();

        /// Whether it speaks RESP2 and has subscriptions.
        boolean onlyListens();

        /// Whether it has said READONLY.
        boolean readsFromReplicas();

        /// Whether its commands do not count as uses of their keys: CLIENT NO-TOUCH.
        boolean touchesNothing();

        /// The transaction that it has open, or null.
        @Nullable Transaction transaction();

        /// Why the large command that is arriving is refused whatever follows, or null.
        @Nullable String refusalOfLarge();

        /// The state of the command's script, or null when it is not being read yet.
        @Nullable ScriptReading script();
    }

    /// The node, as far as it matters for the decision.
    interface Node {
        String name();

        /// Whether commands on data are answered.
        boolean isServing();

        boolean isPrimary();

        Topology topology();

        /// How many bytes the commands of a transaction may have together.
        long maxTransactionBytes();

        /// Whether the engine has not taken yet what the control lane has sent it for clients.
        boolean isEngineBehind();

        /// Why writes are refused, or null.
        @Nullable String writeRefusal();

        boolean areWritesPaused();

        /// Whether one of the front's commands is answered by asking the engine.
        boolean asksEngine(CommandSpec spec);

        /// Whether a user is known not to have the right to give a command.
        boolean isRefused(String user, CommandSpec spec);

        /// The error for a user who may not give a command, or whose right to do so is not known
        /// yet.
        @Nullable String refusal(String user, CommandSpec spec);
    }

    private static final Verdict.Refuse LOADING = new Verdict.Refuse(Refusals.LOADING);
    private static final Verdict.Refuse NOT_IN_A_TRANSACTION =
            new Verdict.Refuse(Refusals.NOT_IN_A_TRANSACTION);

    private final Node node;
    private final ClusterRules clusterRules;

    Admission(Node node, ClusterRules clusterRules) {
        this.node = node;
        this.clusterRules = clusterRules;
    }

    /// Decides about a command that has arrived completely, or about the part that is kept of a
    /// large one.
    Verdict decide(Command command, Client client) {
        if (client.isPromisedAnswer()) {
            return Verdict.Wait.FOR_ANSWER;
        }
        var malformed = whyMalformed(command, client);
        if (malformed != null) {
            return malformed;
        }
        if (client.isLaneChanging()) {
            return Verdict.Wait.FOR_LANE;
        }
        String denial = denial(command, client);
        if (denial != null) {
            return new Verdict.Deny(denial);
        }
        var listening = whyNotWhileListening(command, client);
        if (listening != null) {
            return listening;
        }
        return command.spec().handling() == CommandSpec.Handling.FRONT
                ? byFront(command, client)
                : byEngine(command, client);
    }

    // ---- whether it is a command that this client may give

    private static @Nullable Verdict whyMalformed(Command command, Client client) {
        if (!command.isKnown()) {
            return isOfHttp(command)
                    ? new Verdict.Disconnect("speaks HTTP")
                    : new Verdict.Deny(Refusals.unknownCommand(command));
        }
        var spec = command.spec();
        if (spec.handling() == CommandSpec.Handling.WITHHELD
                && !isForOperators(spec, client.user())) {
            return new Verdict.Deny(Refusals.unknownCommand(command));
        }
        if (command.argumentCount() > 1 && command.is(Trait.CONTAINER)) {
            return new Verdict.Deny(Refusals.unknownSubcommand(command));
        }
        return spec.acceptsArgumentCount(command.argumentCount())
                ? null
                : new Verdict.Deny(Refusals.wrongArgumentCount(command));
    }

    /// Whether a line comes from a web browser that a foreign page has sent here, by the two lines
    /// that Redis knows such browsers by, or is the first line of any HTTP/1 request. If the front
    /// answered such lines as unknown commands, the body behind them would be executed.
    private static boolean isOfHttp(Command command) {
        return begins(command, 0, "host:")
                || (command.length(0) == 4 && begins(command, 0, "post"))
                || (command.argumentCount() == 3 && begins(command, 2, "http/1."));
    }

    private static boolean begins(Command command, int argument, String lower) {
        int length = lower.length();
        return command.length(argument) >= length
                && command.text(argument, length).toLowerCase(Locale.ROOT).equals(lower);
    }

    /// Whether a user is an operator and the command is one for operators.
    static boolean isForOperators(CommandSpec spec, @Nullable String user) {
        return spec.is(Trait.OPERATOR) && AccessControl.OPERATOR.equals(user);
    }

    private @Nullable String denial(Command command, Client client) {
        String denial =
                isForOperators(command.spec(), client.user())
                        ? OperatorCommands.refusal(command.spec(), command.arguments())
                        : denialOfRights(command.spec(), client.user());
        return denial == null ? client.refusalOfLarge() : denial;
    }

    /// The error for a client that has not logged in, or whose user may not give this command.
    private @Nullable String denialOfRights(CommandSpec spec, @Nullable String user) {
        if (user == null) {
            return spec.is(Trait.NO_LOGIN) ? null : "NOAUTH Authentication required.";
        }
        // A script is not read for a user who may not have it executed. While the front does not
        // know the user's rights, no engine serves, and so no engine executes the script either.
        boolean refusedScript = ScriptRules.bringsScript(spec) && node.isRefused(user, spec);
        return refusedScript || AccessControl.isCheckedHere(spec) ? node.refusal(user, spec) : null;
    }

    private static @Nullable Verdict whyNotWhileListening(Command command, Client client) {
        if (client.transaction() != null
                && command.is(Trait.UNSUBSCRIBE)
                && command.argumentCount() == 1) {
            return new Verdict.Refuse(Refusals.unsubscribesInTransaction(command));
        }
        return client.onlyListens() && !command.is(Trait.LISTENING)
                ? new Verdict.Refuse(Refusals.notWhileListening(command))
                : null;
    }

    // ---- what the front answers

    private Verdict byFront(Command command, Client client) {
        if (command.is(Trait.TRACKING)) {
            return tracking(command, client);
        }
        if (client.isAwaiting()) {
            return Verdict.Wait.FOR_REPLIES;
        }
        var open = client.transaction();
        if (node.asksEngine(command.spec())) {
            if (node.isEngineBehind()) {
                return Verdict.Wait.FOR_ENGINE;
            }
            return open == null ? Verdict.Act.ASK_ENGINE : NOT_IN_A_TRANSACTION;
        }
        if (open == null || command.is(Trait.AT_ONCE)) {
            return Verdict.Act.ANSWER;
        }
        if (!client.hasOwnLane()) {
            return LOADING;
        }
        if (command.is(Trait.NO_MULTI)) {
            return NOT_IN_A_TRANSACTION;
        }
        return hasRoom(open, command.copyBytes()) ? Verdict.Act.QUEUE_ANSWER : tooLarge();
    }

    /// While tracking is on, all commands of the client are sent over its own lane.
    private Verdict tracking(Command command, Client client) {
        if (isUnserved(client)) {
            return LOADING;
        }
        if (!node.isServing()) {
            return Verdict.Act.WHILE_LOADING;
        }
        if (!command.name().equals("client|tracking")) {
            return Verdict.Act.OWN_LANE;
        }
        if (client.transaction() != null) {
            return NOT_IN_A_TRANSACTION;
        }
        return client.isAwaiting() ? Verdict.Wait.FOR_REPLIES : Verdict.Act.TRACK;
    }

    // ---- what the engine answers

    private Verdict byEngine(Command command, Client client) {
        var open = client.transaction();
        if (open != null
                && !hasRoom(open, command.weightBytes())
                && !command.is(Trait.EXEC)
                && !command.is(Trait.DISCARD)) {
            return tooLarge();
        }
        if (!command.knowsKeys() || !ScriptRules.knowsScript(command)) {
            return undecided(command, client);
        }
        // The slot is checked before the node's state, as in Redis: a node that is loading
        // redirects clients too.
        String elsewhere = whyElsewhere(command, client);
        if (elsewhere != null) {
            return new Verdict.Redirect(elsewhere);
        }
        return node.isServing() && !isUnserved(client)
                ? whileServing(command, client)
                : whileNotServing(command, client);
    }

    /// A large command is decided when its keys have arrived.
    private Verdict undecided(Command command, Client client) {
        boolean elsewhere = !node.isPrimary() && !command.spec().isCarriedOutByReplicas();
        return !node.isServing() || elsewhere || isUnserved(client)
                ? Verdict.Act.SKIP
                : Verdict.Act.PASS_ON;
    }

    private @Nullable String whyElsewhere(Command command, Client client) {
        boolean refusedAnyway =
                command.spec().isRefusedInTransactions()
                        && client.transaction() != null
                        && client.hasOwnLane();
        return refusedAnyway
                ? null
                : Route.whyElsewhere(
                        command, node.topology(), node.name(), readsHere(command, client));
    }

    /// Whether the client accepts answers of a replica. A client that subscribes to a shard's
    /// channels does, as in Redis: the channels are the same on all nodes of the shard.
    private static boolean readsHere(Command command, Client client) {
        return !command.is(Trait.ON_PRIMARY)
                && (client.readsFromReplicas() || command.is(Trait.ON_ANY_NODE));
    }

    /// Whether a transaction is open that began while no engine served. Such a transaction always
    /// fails.
    private static boolean isUnserved(Client client) {
        return client.transaction() != null && !client.hasOwnLane();
    }

    /// Redis accepts MULTI while it is loading, refuses the commands that follow, and aborts at
    /// EXEC. If the node refused MULTI, the commands behind it would be executed one by one as soon
    /// as the node serves: a part of a transaction.
    private Verdict whileNotServing(Command command, Client client) {
        boolean begun = isUnserved(client);
        if (!begun && !command.is(Trait.MULTI)) {
            return Verdict.Act.WHILE_LOADING;
        }
        if (client.isAwaiting()) {
            return Verdict.Wait.FOR_REPLIES;
        }
        if (command.is(Trait.MULTI)) {
            return client.transaction() == null
                    ? Verdict.Act.BEGIN_UNSERVED
                    : new Verdict.Refuse("ERR MULTI calls can not be nested");
        }
        if (command.is(Trait.EXEC)) {
            return Verdict.Act.ABORT_UNSERVED;
        }
        return command.is(Trait.DISCARD) ? Verdict.Act.DISCARD_UNSERVED : LOADING;
    }

    private Verdict whileServing(Command command, Client client) {
        if (!node.isPrimary() && isEarly(command, client)) {
            return LOADING;
        }
        var spec = command.spec();
        boolean exec = command.is(Trait.EXEC);
        String full = node.writeRefusal();
        if (full != null && !exec && spec.mayReplicate()) {
            return new Verdict.Refuse(full); // inside a transaction, EXEC returns this error
        }
        if (node.areWritesPaused() && mayReplicate(command, client)) {
            return Verdict.Wait.FOR_PAUSE;
        }
        if (!node.isPrimary() && command.is(Trait.RELAYED)) {
            return relayed(client);
        }
        boolean writes = !spec.effect().isRead() && !exec;
        if (!node.isPrimary() && !spec.isCarriedOutByReplicas() && writes) {
            return new Verdict.Refuse(Route.READ_ONLY_REPLICA);
        }
        String notInCluster = clusterRules.refusal(command);
        if (notInCluster != null) {
            return client.transaction() != null && !command.isSketch()
                    ? new Verdict.QueueError(notInCluster)
                    : new Verdict.Refuse(notInCluster);
        }
        return ScriptRules.hasScript(command) && client.script() == null
                ? Verdict.Act.READ_SCRIPT
                : afterScript(command, client);
    }

    /// Whether a command needs the primary, and its slot is this node's. A node that the topology
    /// names as the primary, but that is not promoted yet, answers such a command with `LOADING`:
    /// its engine may lack writes that have been acknowledged.
    private static boolean isEarly(Command command, Client client) {
        return command.slot() != Command.NO_SLOT
                && !(readsHere(command, client) && command.spec().isCarriedOutByReplicas());
    }

    private static boolean mayReplicate(Command command, Client client) {
        if (!command.is(Trait.EXEC)) {
            return command.spec().mayReplicate();
        }
        var open = client.transaction();
        return open != null && open.mayReplicate();
    }

    private Verdict relayed(Client client) {
        if (client.transaction() != null) {
            return new Verdict.Refuse(
                    "ERR PUBLISH in a transaction is for primaries; this is a replica");
        }
        if (client.isAwaiting()) {
            return Verdict.Wait.FOR_REPLIES;
        }
        return node.isEngineBehind() ? Verdict.Wait.FOR_ENGINE : Verdict.Act.RELAY;
    }

    /// Decides further when the command's script is being read or has been read, or when the
    /// command has none.
    Verdict afterScript(Command command, Client client) {
        var script = client.script();
        if (script != null && !script.isOver()) {
            return Verdict.Wait.FOR_SCRIPT;
        }
        String refusal = script == null ? null : script.refusal();
        if (refusal != null) {
            return new Verdict.Refuse(refusal);
        }
        return client.hasOwnLane()
                        || command.isSketch()
                        || client.touchesNothing()
                        || needsOwnLane(command)
                ? Verdict.Act.OWN_LANE
                : Verdict.Act.SHARED_LANE;
    }

    private static boolean needsOwnLane(Command command) {
        // A command that ends a script must not queue behind it, and no client's command may queue
        // behind an operator's.
        return switch (command.spec().handling()) {
            case OWN_LANE, WITHHELD -> true;
            case SHARED_LANE, FRONT, REFUSED -> command.blocks();
        };
    }

    private boolean hasRoom(Transaction open, long bytes) {
        return open.weightBytes() + bytes <= node.maxTransactionBytes();
    }

    private Verdict tooLarge() {
        return new Verdict.Refuse(
                "ERR the commands of a transaction may have %d bytes together"
                        .formatted(node.maxTransactionBytes()));
    }
}
