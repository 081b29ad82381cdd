package dev.keepsake.front;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.resp.RecordedCommands;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The verdict about a command in each state of its client and of the node, and which of two checks
/// decides when both have a result.
class AdmissionTest {
    private static final String UNKNOWN =
            "ERR unknown command 'NOSUCH', with args beginning with: ";
    private static final String NO_AUTH = "NOAUTH Authentication required.";
    private static final String MISCONF = "MISCONF no room";
    private static final String MOVED_AWAY = "MOVED 15495 10.0.0.1:6379";
    private static final String NOT_IN_CLUSTER = "ERR MOVE is not allowed in cluster mode";
    private static final String ONLY_LISTENS =
            "only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context";
    private static final String TOO_LARGE =
            "ERR the commands of a transaction may have 1000 bytes together";
    private static final String LONG = "x".repeat(500);

    private final FakeNode node = new FakeNode();
    private final FakeClient client = new FakeClient();
    private final Admission admission =
            new Admission(
                    node, new ClusterRules(new ServedEngine("redis", "7.0.15", Commands.TABLE)));

    /// One row of a table.
    ///
    /// @param state the difference from the usual state
    record Row(
            String name,
            BiConsumer<FakeClient, FakeNode> state,
            Command command,
            Verdict expected) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Row row(
            String name, BiConsumer<FakeClient, FakeNode> state, String command, Verdict expected) {
        return new Row(name, state, Commands.of(command.split(" ", -1)), expected);
    }

    private static Row usual(String name, String command, Verdict expected) {
        return row(name, (client, node) -> {}, command, expected);
    }

    private static Row client(
            String name, Consumer<FakeClient> state, String command, Verdict expected) {
        return row(name, (client, node) -> state.accept(client), command, expected);
    }

    private static Row node(
            String name, Consumer<FakeNode> state, String command, Verdict expected) {
        return row(name, (client, node) -> state.accept(node), command, expected);
    }

    private static Verdict deny(String error) {
        return new Verdict.Deny(error);
    }

    private static Verdict refuse(String error) {
        return new Verdict.Refuse(error);
    }

    private static Verdict loading() {
        return refuse(Refusals.LOADING);
    }

    private static Verdict notWhileListening(String name) {
        return refuse("ERR Can't execute '%s': %s".formatted(name, ONLY_LISTENS));
    }

    private static ScriptReading beingRead() {
        return ScriptReading.later(() -> null, ScriptReading.Check.NOTHING, () -> {});
    }

    /// A command whose second key stands behind a large value.
    private static Command keysToCome() {
        return Commands.sketch(200, "MSET", "b", LONG, "{b}2", "v");
    }

    private static Stream<Row> checks() {
        return Stream.of(
                        whetherItIsOne(),
                        whetherTheClientMay(),
                        byTheFront(),
                        inTransactions(),
                        ofLargeOnes(),
                        whereItBelongs(),
                        whileLoading(),
                        ofWrites(),
                        ofReplicas(),
                        ofClustersAndScripts(),
                        overWhichLane())
                .flatMap(List::stream);
    }

    private static List<Row> whetherItIsOne() {
        return List.of(
                client(
                        "an answer is promised",
                        c -> c.promisedAnswer = true,
                        "GET b",
                        Verdict.Wait.FOR_ANSWER),
                usual("unknown", "NOSUCH", deny(UNKNOWN)),
                usual("post", "POST / x", new Verdict.Disconnect("speaks HTTP")),
                usual("put", "PUT / HTTP/1.1", new Verdict.Disconnect("speaks HTTP")),
                usual("host", "Host: x", new Verdict.Disconnect("speaks HTTP")),
                usual(
                        "a word that begins as POST does",
                        "POSTER",
                        deny("ERR unknown command 'POSTER', with args beginning with: ")),
                usual(
                        "withheld",
                        "DEBUG x",
                        deny("ERR unknown command 'DEBUG', with args beginning with: 'x' ")),
                usual(
                        "unknown subcommand",
                        "CLIENT x",
                        deny("ERR unknown subcommand 'x'. Try CLIENT HELP.")),
                usual(
                        "too few arguments",
                        "GET",
                        deny("ERR wrong number of arguments for 'get' command")),
                usual(
                        "too many arguments",
                        "GET b c",
                        deny("ERR wrong number of arguments for 'get' command")),
                client("lane", c -> c.laneChanging = true, "GET b", Verdict.Wait.FOR_LANE));
    }

    private static List<Row> whetherTheClientMay() {
        return List.of(
                client("without a login", c -> c.user = null, "GET b", deny(NO_AUTH)),
                client("a login", c -> c.user = null, "AUTH x", Verdict.Act.ANSWER),
                client("QUIT without a login", c -> c.user = null, "QUIT", Verdict.Act.ANSWER),
                node(
                        "a right that the front checks",
                        n -> n.refused.add("client|id"),
                        "CLIENT ID",
                        deny("NOPERM default")),
                node(
                        "the right to begin a transaction",
                        n -> n.refused.add("multi"),
                        "MULTI",
                        deny("NOPERM default")),
                node(
                        "the right to scripts",
                        n -> n.refused.add("eval"),
                        "EVAL x 0",
                        deny("NOPERM default")),
                node(
                        "a right that the engine checks",
                        n -> n.refused.add("get"),
                        "GET b",
                        Verdict.Act.SHARED_LANE),
                client(
                        "an operator",
                        c -> c.user = AccessControl.OPERATOR,
                        "CONFIG GET x",
                        Verdict.Act.OWN_LANE),
                client(
                        "not offered to operators",
                        c -> c.user = AccessControl.OPERATOR,
                        "CONFIG SET dir x",
                        deny(
                                "ERR CONFIG SET of 'dir' is not offered to operators, because the"
                                        + " node relies on it; if it can be changed, then in the"
                                        + " cluster's parameter group")),
                client("too long", c -> c.refusalOfLarge = "ERR long", "GET b", deny("ERR long")),
                client(
                        "a subscriber's read",
                        c -> c.listens = true,
                        "GET b",
                        notWhileListening("get")),
                client(
                        "a further subscription",
                        c -> c.listens = true,
                        "SUBSCRIBE c",
                        Verdict.Act.OWN_LANE),
                client("a subscriber's QUIT", c -> c.listens = true, "QUIT", Verdict.Act.ANSWER));
    }

    private static List<Row> byTheFront() {
        return List.of(
                usual("answer", "CLIENT ID", Verdict.Act.ANSWER),
                client(
                        "answer in order",
                        c -> c.awaiting = true,
                        "CLIENT ID",
                        Verdict.Wait.FOR_REPLIES),
                node(
                        "answer of the engine",
                        n -> n.askedOfEngine.add("acl|log"),
                        "ACL LOG",
                        Verdict.Act.ASK_ENGINE),
                row(
                        "answer of an engine that is behind",
                        (c, n) -> {
                            n.askedOfEngine.add("acl|log");
                            n.engineBehind = true;
                        },
                        "ACL LOG",
                        Verdict.Wait.FOR_ENGINE),
                row(
                        "answer of the engine in a transaction",
                        (c, n) -> {
                            n.askedOfEngine.add("acl|log");
                            c.queue();
                        },
                        "ACL LOG",
                        refuse(Refusals.NOT_IN_A_TRANSACTION)),
                usual("tracking", "CLIENT TRACKING ON", Verdict.Act.TRACK),
                client(
                        "tracking in order",
                        c -> c.awaiting = true,
                        "CLIENT TRACKING ON",
                        Verdict.Wait.FOR_REPLIES),
                client(
                        "tracking in a transaction",
                        FakeClient::queue,
                        "CLIENT TRACKING ON",
                        refuse(Refusals.NOT_IN_A_TRANSACTION)),
                client(
                        "tracking in a transaction that will fail",
                        FakeClient::beginUnserved,
                        "CLIENT TRACKING ON",
                        loading()),
                node(
                        "tracking while loading",
                        n -> n.serving = false,
                        "CLIENT TRACKING ON",
                        Verdict.Act.WHILE_LOADING),
                usual("a question about tracking", "CLIENT TRACKINGINFO", Verdict.Act.OWN_LANE));
    }

    private static List<Row> inTransactions() {
        return List.of(
                client("queued", FakeClient::queue, "CLIENT ID", Verdict.Act.QUEUE_ANSWER),
                client("at once", FakeClient::queue, "RESET", Verdict.Act.ANSWER),
                client(
                        "not inside a transaction",
                        FakeClient::queue,
                        "MONITOR",
                        refuse(Refusals.NOT_IN_A_TRANSACTION)),
                client(
                        "in a transaction that will fail",
                        FakeClient::beginUnserved,
                        "CLIENT ID",
                        loading()),
                client(
                        "too large with an answer",
                        c -> c.queue(Commands.of("SET", "b", "x".repeat(450))),
                        "CLIENT ID",
                        refuse(TOO_LARGE)),
                client(
                        "too large",
                        c -> c.queue(Commands.of("SET", "b", "x".repeat(450))),
                        "SET b v",
                        refuse(TOO_LARGE)),
                client(
                        "too large, EXEC",
                        c -> c.queue(Commands.of("SET", "b", LONG)),
                        "EXEC",
                        Verdict.Act.OWN_LANE),
                client(
                        "too large, DISCARD",
                        c -> c.queue(Commands.of("SET", "b", LONG)),
                        "DISCARD",
                        Verdict.Act.OWN_LANE),
                client(
                        "no end of all subscriptions",
                        FakeClient::queue,
                        "UNSUBSCRIBE",
                        refuse(
                                "ERR UNSUBSCRIBE without channels is not offered inside a"
                                        + " transaction")),
                client(
                        "the end of one subscription",
                        FakeClient::queue,
                        "UNSUBSCRIBE c",
                        Verdict.Act.OWN_LANE));
    }

    private static List<Row> ofLargeOnes() {
        return List.of(
                new Row(
                        "keys that have not arrived",
                        (c, n) -> {},
                        keysToCome(),
                        Verdict.Act.PASS_ON),
                new Row(
                        "keys that have not arrived while loading",
                        (c, n) -> n.serving = false,
                        keysToCome(),
                        Verdict.Act.SKIP),
                new Row(
                        "keys that have not arrived on a replica",
                        (c, n) -> n.follow(),
                        keysToCome(),
                        Verdict.Act.SKIP),
                new Row(
                        "keys that have not arrived in a transaction that will fail",
                        (c, n) -> c.beginUnserved(),
                        keysToCome(),
                        Verdict.Act.SKIP),
                new Row(
                        "keys that have arrived",
                        (c, n) -> {},
                        Commands.sketch(200, "SET", "b", LONG),
                        Verdict.Act.OWN_LANE),
                new Row(
                        "keys of another node",
                        (c, n) -> {},
                        Commands.sketch(200, "SET", "a", LONG),
                        new Verdict.Redirect(MOVED_AWAY)));
    }

    private static List<Row> whereItBelongs() {
        return List.of(
                usual("moved", "GET a", new Verdict.Redirect(MOVED_AWAY)),
                usual("two slots", "MGET b a", new Verdict.Redirect(Route.CROSS_SLOT)),
                node(
                        "a slot without an owner",
                        n -> n.topology = new Topology(1, List.of(FakeNode.shard("n2", "0-0"))),
                        "GET b",
                        new Verdict.Redirect("CLUSTERDOWN Hash slot not served")),
                node(
                        "on a replica",
                        FakeNode::follow,
                        "GET b",
                        new Verdict.Redirect("MOVED 3300 10.0.0.1:6379")),
                row(
                        "read from a replica",
                        (c, n) -> {
                            n.follow();
                            c.readsFromReplicas = true;
                        },
                        "GET b",
                        Verdict.Act.SHARED_LANE),
                row(
                        "written to a replica",
                        (c, n) -> {
                            n.follow();
                            c.readsFromReplicas = true;
                        },
                        "SET b v",
                        new Verdict.Redirect("MOVED 3300 10.0.0.1:6379")),
                row(
                        "published on a replica for its shard",
                        (c, n) -> {
                            n.follow();
                            c.readsFromReplicas = true;
                        },
                        "SPUBLISH b v",
                        new Verdict.Redirect("MOVED 3300 10.0.0.1:6379")),
                node(
                        "subscribed on a replica",
                        FakeNode::follow,
                        "SSUBSCRIBE b",
                        Verdict.Act.OWN_LANE),
                new Row(
                        "what the engine refuses in transactions, whatever its keys",
                        (c, n) -> c.queue(),
                        Commands.of(RecordedCommands.table("valkey-9.1.2"), "WATCH", "a"),
                        Verdict.Act.OWN_LANE),
                new Row(
                        "the same in a transaction that no engine knows of",
                        (c, n) -> c.beginUnserved(),
                        Commands.of(RecordedCommands.table("valkey-9.1.2"), "WATCH", "a"),
                        new Verdict.Redirect(MOVED_AWAY)));
    }

    private static List<Row> whileLoading() {
        return List.of(
                node("loading", n -> n.serving = false, "DBSIZE", Verdict.Act.WHILE_LOADING),
                node(
                        "MULTI while loading",
                        n -> n.serving = false,
                        "MULTI",
                        Verdict.Act.BEGIN_UNSERVED),
                row(
                        "MULTI behind replies under way",
                        (c, n) -> {
                            n.serving = false;
                            c.awaiting = true;
                        },
                        "MULTI",
                        Verdict.Wait.FOR_REPLIES),
                client(
                        "nested MULTI",
                        FakeClient::beginUnserved,
                        "MULTI",
                        refuse("ERR MULTI calls can not be nested")),
                client(
                        "EXEC that will fail",
                        FakeClient::beginUnserved,
                        "EXEC",
                        Verdict.Act.ABORT_UNSERVED),
                client(
                        "DISCARD while loading",
                        FakeClient::beginUnserved,
                        "DISCARD",
                        Verdict.Act.DISCARD_UNSERVED),
                client(
                        "in a transaction that will fail",
                        FakeClient::beginUnserved,
                        "SET b v",
                        loading()),
                node("being promoted", n -> n.primary = false, "GET b", loading()),
                row(
                        "a read from replicas while being promoted",
                        (c, n) -> {
                            n.primary = false;
                            c.readsFromReplicas = true;
                        },
                        "GET b",
                        Verdict.Act.SHARED_LANE));
    }

    private static List<Row> ofWrites() {
        return List.of(
                node("no room for writes", n -> n.full = MISCONF, "SET b v", refuse(MISCONF)),
                node("no room for messages", n -> n.full = MISCONF, "PUBLISH c m", refuse(MISCONF)),
                node("no room and read", n -> n.full = MISCONF, "GET b", Verdict.Act.SHARED_LANE),
                row(
                        "no room, reported by EXEC",
                        (c, n) -> {
                            n.full = MISCONF;
                            c.queue(Commands.of("SET", "b", "v"));
                        },
                        "EXEC",
                        Verdict.Act.OWN_LANE),
                node("paused", n -> n.writesPaused = true, "SET b v", Verdict.Wait.FOR_PAUSE),
                node(
                        "paused and read",
                        n -> n.writesPaused = true,
                        "GET b",
                        Verdict.Act.SHARED_LANE),
                row(
                        "paused before EXEC that writes",
                        (c, n) -> {
                            n.writesPaused = true;
                            c.queue(Commands.of("SET", "b", "v"));
                        },
                        "EXEC",
                        Verdict.Wait.FOR_PAUSE),
                row(
                        "paused before EXEC that reads",
                        (c, n) -> {
                            n.writesPaused = true;
                            c.queue(Commands.of("GET", "b"));
                        },
                        "EXEC",
                        Verdict.Act.OWN_LANE));
    }

    private static List<Row> ofReplicas() {
        return List.of(
                node("relayed", FakeNode::follow, "PUBLISH c m", Verdict.Act.RELAY),
                row(
                        "relayed in order",
                        (c, n) -> {
                            n.follow();
                            c.awaiting = true;
                        },
                        "PUBLISH c m",
                        Verdict.Wait.FOR_REPLIES),
                row(
                        "relayed when the engine can be asked",
                        (c, n) -> {
                            n.follow();
                            n.engineBehind = true;
                        },
                        "PUBLISH c m",
                        Verdict.Wait.FOR_ENGINE),
                row(
                        "not relayed in a transaction",
                        (c, n) -> {
                            n.follow();
                            c.queue();
                        },
                        "PUBLISH c m",
                        refuse("ERR PUBLISH in a transaction is for primaries; this is a replica")),
                usual("published", "PUBLISH c m", Verdict.Act.SHARED_LANE),
                node(
                        "a write without keys",
                        FakeNode::follow,
                        "FLUSHALL",
                        refuse(Route.READ_ONLY_REPLICA)),
                row(
                        "EXEC, whose commands decide",
                        (c, n) -> {
                            n.follow();
                            c.queue();
                        },
                        "EXEC",
                        Verdict.Act.OWN_LANE));
    }

    private static List<Row> ofClustersAndScripts() {
        return List.of(
                usual("not in a cluster", "MOVE b 1", refuse(NOT_IN_CLUSTER)),
                client(
                        "not in a cluster, reported by EXEC",
                        FakeClient::queue,
                        "MOVE b 1",
                        new Verdict.QueueError(NOT_IN_CLUSTER)),
                new Row(
                        "not in a cluster, and too large to be queued",
                        (c, n) -> c.queue(),
                        Commands.sketch(200, "MOVE", "b", LONG),
                        refuse(NOT_IN_CLUSTER)),
                usual(
                        "to another database",
                        "COPY b {b}2 DB 3",
                        refuse("ERR Copying to another database is not allowed in cluster mode")),
                usual("a script", "EVAL x 0", Verdict.Act.READ_SCRIPT),
                client(
                        "a script that is being read",
                        c -> c.script = beingRead(),
                        "EVAL x 0",
                        Verdict.Wait.FOR_SCRIPT),
                client(
                        "a script that is refused",
                        c -> c.script = ScriptReading.over("ERR bad"),
                        "EVAL x 0",
                        refuse("ERR bad")),
                client(
                        "a script that is accepted",
                        c -> c.script = ScriptReading.over(null),
                        "EVAL x 0",
                        Verdict.Act.SHARED_LANE),
                usual("a script by its hash", "EVALSHA x 0", Verdict.Act.SHARED_LANE));
    }

    private static List<Row> overWhichLane() {
        return List.of(
                usual("shared", "GET b", Verdict.Act.SHARED_LANE),
                client("with an own lane", c -> c.ownLane = true, "GET b", Verdict.Act.OWN_LANE),
                client("no touch", c -> c.touchesNothing = true, "GET b", Verdict.Act.OWN_LANE),
                usual("state in the engine", "MULTI", Verdict.Act.OWN_LANE),
                usual("blocking", "BLPOP b 0", Verdict.Act.OWN_LANE),
                usual("blocking by option", "XREAD BLOCK 0 STREAMS b 0", Verdict.Act.OWN_LANE),
                usual("not blocking", "XREAD STREAMS b 0", Verdict.Act.SHARED_LANE));
    }

    @ParameterizedTest
    @MethodSource("checks")
    void aCheckDecidesAlone(Row row) {
        row.state().accept(client, node);
        assertThat(admission.decide(row.command(), client)).isEqualTo(row.expected());
    }

    /// Two checks that follow one another both have a result; the first decides.
    private static List<Row> orders() {
        return List.of(
                client(
                        "answer before name",
                        c -> c.promisedAnswer = true,
                        "NOSUCH",
                        Verdict.Wait.FOR_ANSWER),
                client("name before lane", c -> c.laneChanging = true, "NOSUCH", deny(UNKNOWN)),
                client(
                        "number of arguments before lane",
                        c -> c.laneChanging = true,
                        "GET",
                        deny("ERR wrong number of arguments for 'get' command")),
                client(
                        "lane before login",
                        c -> {
                            c.laneChanging = true;
                            c.user = null;
                        },
                        "GET b",
                        Verdict.Wait.FOR_LANE),
                client(
                        "login before length",
                        c -> {
                            c.user = null;
                            c.refusalOfLarge = "ERR long";
                        },
                        "GET b",
                        deny(NO_AUTH)),
                row(
                        "rights before length",
                        (c, n) -> {
                            n.refused.add("eval");
                            c.refusalOfLarge = "ERR long";
                        },
                        "EVAL x 0",
                        deny("NOPERM default")),
                client(
                        "length before subscriptions",
                        c -> {
                            c.refusalOfLarge = "ERR long";
                            c.listens = true;
                        },
                        "GET b",
                        deny("ERR long")),
                client(
                        "subscriptions before answers of the front",
                        c -> {
                            c.listens = true;
                            c.awaiting = true;
                        },
                        "CLIENT ID",
                        notWhileListening("client|id")),
                row(
                        "replies under way before an engine that is behind",
                        (c, n) -> {
                            n.askedOfEngine.add("acl|log");
                            n.engineBehind = true;
                            c.awaiting = true;
                        },
                        "ACL LOG",
                        Verdict.Wait.FOR_REPLIES),
                row(
                        "an engine that is behind before the transaction",
                        (c, n) -> {
                            n.askedOfEngine.add("acl|log");
                            n.engineBehind = true;
                            c.queue();
                        },
                        "ACL LOG",
                        Verdict.Wait.FOR_ENGINE),
                client(
                        "a transaction that will fail before a command for none",
                        FakeClient::beginUnserved,
                        "MONITOR",
                        loading()),
                client(
                        "a command for no transaction before the size",
                        c -> c.queue(Commands.of("SET", "b", LONG)),
                        "MONITOR",
                        refuse(Refusals.NOT_IN_A_TRANSACTION)),
                row(
                        "a transaction that will fail before loading",
                        (c, n) -> {
                            c.beginUnserved();
                            n.serving = false;
                        },
                        "CLIENT TRACKINGINFO",
                        loading()),
                row(
                        "loading before the transaction of tracking",
                        (c, n) -> {
                            c.queue();
                            n.serving = false;
                        },
                        "CLIENT TRACKING ON",
                        Verdict.Act.WHILE_LOADING),
                client(
                        "the transaction of tracking before replies under way",
                        c -> {
                            c.queue();
                            c.awaiting = true;
                        },
                        "CLIENT TRACKING ON",
                        refuse(Refusals.NOT_IN_A_TRANSACTION)),
                new Row(
                        "size of the transaction before keys that have not arrived",
                        (c, n) -> c.queue(Commands.of("SET", "b", LONG)),
                        keysToCome(),
                        refuse(TOO_LARGE)),
                client(
                        "size of the transaction before slots",
                        c -> c.queue(Commands.of("SET", "b", LONG)),
                        "SET a v",
                        refuse(TOO_LARGE)),
                node(
                        "slots before loading",
                        n -> n.serving = false,
                        "GET a",
                        new Verdict.Redirect(MOVED_AWAY)),
                row(
                        "slots before a transaction that will fail",
                        (c, n) -> c.beginUnserved(),
                        "GET a",
                        new Verdict.Redirect(MOVED_AWAY)),
                row(
                        "a transaction that will fail before loading, too",
                        (c, n) -> {
                            c.beginUnserved();
                            n.serving = false;
                        },
                        "DBSIZE",
                        loading()),
                client(
                        "replies under way before MULTI in MULTI",
                        c -> {
                            c.beginUnserved();
                            c.awaiting = true;
                        },
                        "MULTI",
                        Verdict.Wait.FOR_REPLIES),
                node(
                        "loading before being promoted",
                        n -> {
                            n.serving = false;
                            n.primary = false;
                        },
                        "SET b v",
                        Verdict.Act.WHILE_LOADING),
                node(
                        "being promoted before room",
                        n -> {
                            n.primary = false;
                            n.full = MISCONF;
                        },
                        "SET b v",
                        loading()),
                node(
                        "room before pause",
                        n -> {
                            n.full = MISCONF;
                            n.writesPaused = true;
                        },
                        "SET b v",
                        refuse(MISCONF)),
                node(
                        "pause before relay",
                        n -> {
                            n.follow();
                            n.writesPaused = true;
                        },
                        "PUBLISH c m",
                        Verdict.Wait.FOR_PAUSE),
                row(
                        "the transaction before replies under way, on a replica",
                        (c, n) -> {
                            n.follow();
                            c.queue();
                            c.awaiting = true;
                        },
                        "PUBLISH c m",
                        refuse("ERR PUBLISH in a transaction is for primaries; this is a replica")),
                row(
                        "replies under way before an engine that is behind, on a replica",
                        (c, n) -> {
                            n.follow();
                            n.engineBehind = true;
                            c.awaiting = true;
                        },
                        "PUBLISH c m",
                        Verdict.Wait.FOR_REPLIES),
                node(
                        "room before a replica's refusal",
                        n -> {
                            n.follow();
                            n.full = MISCONF;
                        },
                        "FLUSHALL",
                        refuse(MISCONF)),
                node(
                        "pause before a replica's refusal",
                        n -> {
                            n.follow();
                            n.writesPaused = true;
                        },
                        "FLUSHALL",
                        Verdict.Wait.FOR_PAUSE),
                node(
                        "a replica's refusal before a cluster's",
                        FakeNode::follow,
                        "SWAPDB 0 1",
                        refuse(Route.READ_ONLY_REPLICA)),
                node(
                        "pause before a cluster's refusal",
                        n -> n.writesPaused = true,
                        "MOVE b 1",
                        Verdict.Wait.FOR_PAUSE),
                node("room before a script", n -> n.full = MISCONF, "EVAL x 0", refuse(MISCONF)),
                client(
                        "a script before the lane",
                        c -> c.ownLane = true,
                        "EVAL x 0",
                        Verdict.Act.READ_SCRIPT));
    }

    @ParameterizedTest
    @MethodSource("orders")
    void theFirstOfTwoChecksDecides(Row row) {
        row.state().accept(client, node);
        assertThat(admission.decide(row.command(), client)).isEqualTo(row.expected());
    }

    @ParameterizedTest
    @MethodSource("checks")
    void aSecondDecisionIsTheSame(Row row) {
        row.state().accept(client, node);
        admission.decide(row.command(), client);
        assertThat(admission.decide(row.command(), client)).isEqualTo(row.expected());
    }
}
