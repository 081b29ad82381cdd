package dev.keepsake.shard;

import static java.util.Objects.requireNonNull;

import dev.keepsake.core.Term;
import dev.keepsake.engine.EngineStamp;
import dev.keepsake.log.AppendOutcome;
import dev.keepsake.log.ClaimOutcome;
import dev.keepsake.log.EmbeddedLog;
import dev.keepsake.log.EmbeddedLogOptions;
import dev.keepsake.log.EntryKind;
import dev.keepsake.log.ForwardingLog;
import dev.keepsake.log.LogEntry;
import dev.keepsake.log.MemoryDisk;
import dev.keepsake.log.RunningChecksum;
import dev.keepsake.log.Tail;
import dev.keepsake.log.TransactionLog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/// A whole shard in a time that is only counted: nodes around one log, and clients that write and
/// read. Each node is a real [Leadership], [PrimaryStream] and [Durability] with a driver, a clock
/// and an engine that are made up here. The log is a real one on a disk in memory, or one that is
/// simple and fast. Everything that happens follows from the seed. Until [#calmDown] messages to
/// and from the log are slow or lost, nodes learn late of what others have written, pause and
/// crash, where the plan says so between any two steps; and where there is a disk, it is full at
/// times, and the machine loses its power and with it whatever was not forced.
///
/// True time is `nowNs`; no node knows it. A node's clock has an origin of its own and runs up to 5
/// % too fast or too slow.
///
/// Checked after every event:
///
/// 1. The log: terms never go back, each begins with one LEADER entry, and all entries up to the
///    next are its. Each entry has the index and the offset that follow those of the one before.
/// 2. Who wins had applied every byte before its LEADER entry: what was acknowledged is kept.
/// 3. No two nodes hold the same term, and a node holds no term that the log has not given.
/// 4. Who may reply holds the newest term. So no two nodes ever may at the same time, though none
///    of them knows what the other does. This needs that nobody is *told* to claim.
/// 5. When nodes are told to claim, a leader may be outranked before its lease is over, and would
///    tell of clean keys what was true a moment ago. It stops when it hears of the newer term, and
///    at the latest one lease after that term began: no renewal of its own can be younger.
/// 6. A reply leaves only while its node may reply, and what it tells, the log holds then: the
///    value written, or the value read. And what the log has ever held, it holds after every loss
///    of power.
/// 7. Every byte stands behind an ENGINE entry that names the engine of the node that wrote it, and
///    no node applies what a newer engine than its own wrote. Nodes come back on a newer engine now
///    and then.
/// 8. What is read is not older than what any client had been told before the read was sent. Not
///    where nodes are told to claim; see 5.
final class SimulatedShard implements AutoCloseable {
    private static final LeaseTimings TIMINGS = LeaseTimings.standard();
    private static final long MS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long UNDECIDED_MAX_BYTES = 4L * Write.MAX_BYTES;
    private static final long DRIFT_MAX_PPM = 50_000;
    private static final int STORY_MAX = 60;
    private static final int SIGHT_LAG_MAX_MS = 3_000;
    private static final int CLIENTS = 5;
    private static final int KEYS = 3;
    private static final Path LOG_DIRECTORY = Path.of("/log");

    /// @param nodesAreTold whether nodes are told to claim, now and then, whoever leads
    /// @param onDisk whether the log is a real one, on a disk in memory
    /// @param crashesAnywhere whether nodes crash between any two steps, most of all in those of a
    ///   claim and a promotion
    /// @param hold which replies wait, and for what
    record Plan(boolean nodesAreTold, boolean onDisk, boolean crashesAnywhere, Hold hold) {}

    /// What the front of a node holds back. Anything but [#ALL] has to be noticed.
    enum Hold {
        ALL(HoldRule.ALL),
        NOT_READS_OF_DIRTY_KEYS(HoldRule.WRITES_ONLY),
        /// Replies are sent as soon as they are durable, also when the lease is over.
        NOT_FOR_THE_LEASE(HoldRule.ALL),
        NOTHING(HoldRule.NOTHING);

        final HoldRule rule;

        Hold(HoldRule rule) {
            this.rule = rule;
        }
    }

    /// A lease on the slowest clock, in true time.
    private static final long LEASE_MAX_NS =
            TIMINGS.leaseNs() * 1_000_000 / (1_000_000 - DRIFT_MAX_PPM);

    /// How likely a node crashes at an event, by what it does, where the plan has crashes anywhere.
    private static final double CRASH_IN_CLAIM = 0.02;

    private static final double CRASH_ELSEWHERE = 0.0002;

    private record Event(long atNs, long number, Runnable what) {}

    /// The log's tail from a moment on.
    private record Sight(long sinceNs, Tail tail) {}

    /// Made into text only when somebody has to read it.
    private record Happening(long atNs, String node, Object what) {
        @Override
        public String toString() {
            return "%,9d us  %s %s".formatted(atNs / 1_000, node, what);
        }
    }

    private final Random random;
    private final Plan plan;
    private final MemoryDisk disk = new MemoryDisk();
    private final List<Call<?>> callsUnderWay = new ArrayList<>();
    private final List<LogEntry> held = new ArrayList<>();
    private final Map<Place, Write> shortWrites = new HashMap<>();
    private final Map<Long, Integer> placeOfValue = new HashMap<>();
    private final Map<Integer, Integer> newestPlaceTold = new HashMap<>();
    private TransactionLog log;
    private final List<Node> nodes = new ArrayList<>();
    private final List<Long> termBeganNs = new ArrayList<>();
    private final ArrayDeque<Sight> sights = new ArrayDeque<>(); // oldest first, as far as needed
    private final EnumMap<Leadership.State, Integer> crashes =
            new EnumMap<>(Leadership.State.class);
    private final ArrayDeque<Happening> story = new ArrayDeque<>();
    private final PriorityQueue<Event> events =
            new PriorityQueue<>(
                    Comparator.comparingLong(Event::atNs).thenComparingLong(Event::number));

    private long nowNs;
    private long eventCount;
    private long valuesMade;
    private int newestEngine; // of those that any node has run on
    private @Nullable EngineStamp writerHeld; // as of the last entry of `held`
    private final Map<Term, EngineStamp> engineOfTerm = new HashMap<>();
    private int repliesGiven;
    private boolean calm;

    SimulatedShard(long seed, Plan plan) {
        this.random = new Random(seed);
        this.plan = plan;
        this.log = plan.onDisk() ? openLog() : new MemoryLog();
        termBeganNs.add(0L); // before the first leader
        sights.add(new Sight(0, log.tail()));
        int count = 2 + random.nextInt(3);
        for (int i = 1; i <= count; i++) {
            nodes.add(new Node("n" + i));
        }
        nodes.forEach(Node::begin);
        for (int i = 0; i < CLIENTS; i++) {
            new Client().sendSoon();
        }
        in(between(0, 1_000), this::makeTrouble);
    }

    private TransactionLog openLog() {
        try {
            return EmbeddedLog.open(
                    LOG_DIRECTORY,
                    disk.mount(),
                    new EmbeddedLogOptions(4096, 1 << 20, random.nextInt(2) * 10_000),
                    Thread.ofPlatform().daemon().name("log-writer").factory(),
                    (_, _) -> {}); // each outcome tells it too
        } catch (IOException e) {
            throw new AssertionError("the log cannot be opened: " + e.getMessage(), e);
        }
    }

    /// All entries from an index on; one read may give fewer.
    private List<LogEntry> entriesFrom(long index) {
        var entries = new ArrayList<LogEntry>();
        try {
            while (index + entries.size() <= log.tail().index()) {
                entries.addAll(log.read(index + entries.size(), Integer.MAX_VALUE));
            }
        } catch (IOException e) {
            throw new AssertionError("the log cannot be read: " + e.getMessage(), e);
        }
        return entries;
    }

    @Override
    public void close() {
        log.close();
    }

    void run(long ms) {
        long endNs = nowNs + ms * MS;
        while (!events.isEmpty() && events.peek().atNs() <= endNs) {
            var event = events.remove();
            nowNs = event.atNs();
            event.what().run();
            noteSight();
            check();
            if (plan.crashesAnywhere() && !calm) {
                crashSomebody();
            }
        }
        nowNs = endNs;
    }

    /// No more trouble from now on. Who pauses goes on doing so: woken early, it would do what came
    /// last before what has waited, as no machine does.
    void calmDown() {
        calm = true;
        disk.failWrite(0);
    }

    /// Whether some node leads, and may reply.
    boolean hasLeader() {
        return nodes.stream().anyMatch(Node::mayReply);
    }

    Term newestTerm() {
        return log.tail().term();
    }

    /// How many replies have left.
    int repliesGiven() {
        return repliesGiven;
    }

    /// How many nodes have crashed while they were in a state.
    int crashesIn(Leadership.State state) {
        return crashes.getOrDefault(state, 0);
    }

    /// What happened last, for people.
    String story() {
        return story.stream().map(Happening::toString).collect(Collectors.joining("\n"));
    }

    // ---- chance and time

    private boolean chance(double probability) {
        return random.nextDouble() < probability;
    }

    private long between(int fromMs, int toMs) {
        return fromMs * MS + (long) (random.nextDouble() * (toMs - fromMs) * MS);
    }

    private void in(long delayNs, Runnable what) {
        at(nowNs + delayNs, what);
    }

    private void at(long atNs, Runnable what) {
        events.add(new Event(atNs, eventCount++, what));
    }

    private void tell(Node node, Object what) {
        if (story.size() == STORY_MAX) {
            story.removeFirst();
        }
        story.addLast(new Happening(nowNs, node.name, what));
    }

    private void makeTrouble() {
        if (calm) {
            return;
        }
        var node = nodes.get(random.nextInt(nodes.size()));
        if (chance(0.3)) {
            node = nodes.stream().filter(Node::mayReply).findFirst().orElse(node);
        }
        if (plan.onDisk() && chance(0.1)) {
            losePower();
        } else if (plan.onDisk() && chance(0.1)) {
            tell(node, "finds the disk full");
            disk.failWrite(1 + random.nextInt(3));
        } else if (plan.nodesAreTold() && chance(0.4)) {
            node.whenAwake(node.life, node::wantClaim);
        } else if (chance(0.4)) {
            node.pause(between(10, 4_000));
        } else if (chance(0.5)) {
            node.slowDown(between(100, 6_000));
        } else if (chance(0.3)) {
            node.crash();
        }
        in(between(50, 2_000), this::makeTrouble);
    }

    private void crashSomebody() {
        for (var node : nodes) {
            boolean taking =
                    node.isIn(Leadership.State.CLAIMING) || node.isIn(Leadership.State.PROMOTING);
            if (!node.isIn(Leadership.State.RETIRED)
                    && chance(taking ? CRASH_IN_CLAIM : CRASH_ELSEWHERE)) {
                node.crash();
            }
        }
    }

    /// Remembers since when the log ends where it does, for those who learn of it late.
    private void noteSight() {
        var tail = log.tail();
        if (!tail.equals(sights.getLast().tail())) {
            sights.addLast(new Sight(nowNs, tail));
        }
        // Each node keeps what it has seen, and nobody sees anything that is older than this.
        while (sights.size() > 1
                && sights.getFirst().sinceNs() < nowNs - 2 * SIGHT_LAG_MAX_MS * MS) {
            sights.removeFirst();
        }
    }

    private Tail tailAsOf(long momentNs) {
        var best = sights.getFirst().tail();
        for (var sight : sights) {
            if (sight.sinceNs() <= momentNs) {
                best = sight.tail();
            }
        }
        return best;
    }

    /// All nodes are on one machine. Requests are on their way to its disk when it loses its power;
    /// some may be forced before.
    private void losePower() {
        var gate = disk.holdForces();
        var caught = new ArrayList<CompletableFuture<?>>();
        for (var call : List.copyOf(callsUnderWay)) {
            if (chance(0.7)) {
                caught.add(call.start());
            }
        }
        var all = CompletableFuture.allOf(caught.toArray(CompletableFuture[]::new));
        boolean goesOn = true;
        while (goesOn) {
            CompletableFuture.anyOf(all, gate.arrival()).orTimeout(120, TimeUnit.SECONDS).join();
            goesOn = gate.arrival().isDone() && chance(0.4);
            if (goesOn) {
                gate.passOne();
            }
        }
        disk.failWrite(0);
        disk.crash(random);
        gate.close();
        log.close();
        log = openLog();
        callsUnderWay.clear();
        for (var node : nodes) {
            tell(node, "loses its power");
            node.end();
        }
        var kept = entriesFrom(0);
        if (kept.size() < held.size() || !kept.subList(0, held.size()).equals(held)) {
            throw new AssertionError(
                    "the log held %d entries, and does not hold them any more"
                            .formatted(held.size()));
        }
    }

    // ---- what has to hold

    private void check() {
        checkLog();
        for (var node : nodes) {
            if (!node.mayReply()) {
                continue;
            }
            var term = node.leadership.term();
            if (term.equals(newestTerm())) {
                continue;
            }
            require(
                    plan.nodesAreTold(),
                    "%s may reply in term %s, but the newest is %s",
                    node,
                    term);
            long outrankedNs = nowNs - termBeganNs.get(Math.toIntExact(term.number() + 1));
            require(
                    outrankedNs < LEASE_MAX_NS,
                    "%s replies in term %s beyond its lease",
                    node,
                    term);
        }
    }

    private void require(boolean holds, String message, Node node, Term term) {
        if (!holds) {
            throw new AssertionError(message.formatted(node.name, term, newestTerm()));
        }
    }

    private void checkLog() {
        if (log.tail().index() < held.size()) {
            return;
        }
        for (var entry : entriesFrom(held.size())) {
            boolean begins = entry.kind() == EntryKind.LEADER;
            if (entry.term().number() != termBeganNs.size() - (begins ? 0 : 1)) {
                throw new AssertionError("out of its term: " + entry);
            }
            if (begins) {
                termBeganNs.add(nowNs);
            }
            if (entry.kind() == EntryKind.DATA) {
                records(entry).forEach(this::place);
                checkWriter(entry);
            } else if (entry.kind() == EntryKind.ENGINE) {
                writerHeld = EngineStamp.decode(entry.payload());
            }
            checkFollows(entry);
            held.add(entry);
        }
    }

    private void checkWriter(LogEntry entry) {
        var wrote = engineOfTerm.get(entry.term());
        if (!Objects.equals(wrote, writerHeld)) {
            throw new AssertionError(
                    "%s was written by %s, but the log tells of %s"
                            .formatted(entry, wrote, writerHeld));
        }
    }

    private void checkFollows(LogEntry entry) {
        long endOffset = held.isEmpty() ? 0 : held.getLast().endOffset();
        if (entry.index() != held.size() || entry.firstOffset() != endOffset) {
            throw new AssertionError(
                    "%s does not follow entry %d, which ends at offset %d"
                            .formatted(entry, held.size() - 1, endOffset));
        }
    }

    private void place(Write write) {
        if (placeOfValue.putIfAbsent(write.value(), placeOfValue.size()) != null) {
            throw new AssertionError("value %d is in the log twice".formatted(write.value()));
        }
    }

    /// What a reply tells when it leaves.
    private void checkReply(Node node, Command command) {
        if (!node.mayReply() && plan.hold() == Hold.ALL) {
            throw new AssertionError(node.name + " replies, though its lease is over");
        }
        long value = command.value;
        boolean isTold = value != 0;
        var place = isTold ? placeOfValue.get(value) : Integer.valueOf(-1);
        if (place == null) {
            throw new AssertionError(
                    "%s tells of value %d, which the log does not hold"
                            .formatted(node.name, value));
        }
        if (place < command.placeToldBefore && !plan.nodesAreTold()) {
            throw new AssertionError(
                    "%s tells of value %d of key %d, which is older than what was told before"
                            .formatted(node.name, value, command.key));
        }
    }

    private void checkWinner(Node winner, Term term, long index) {
        checkLog();
        var leaderEntry = held.get(Math.toIntExact(index));
        require(leaderEntry.term().equals(term), "%s won %s, the log says %s", winner, term);
        require(
                leaderEntry.firstOffset() <= winner.appliedOffset,
                "%s won term %s without having applied everything",
                winner,
                term);
        for (var other : nodes) {
            boolean rival =
                    other != winner
                            && (other.isIn(Leadership.State.LEADING)
                                    || other.isIn(Leadership.State.PROMOTING));
            require(
                    !rival || !other.leadership.term().equals(term),
                    "%s won term %s, which another node holds",
                    winner,
                    term);
        }
    }

    /// A write of one value, as it stands in the stream: as often one byte as many, so that offsets
    /// differ by one as often as by thousands. What one byte means is known by where it stands.
    private record Write(int key, long value) {
        static final int LONG_BYTES = 1 + 2 * Integer.BYTES + Long.BYTES;
        static final int MAX_BYTES = 2_500;
        private static final byte SHORT = 1;
        private static final byte LONG = 2;

        void put(ByteBuffer into, int bytes) {
            if (bytes == 1) {
                into.put(SHORT);
                return;
            }
            int end = into.position() + bytes;
            into.put(LONG).putInt(bytes).putInt(key).putLong(value).position(end);
        }
    }

    /// One byte of one term's stream.
    private record Place(Term term, long offset) {}

    private int sizeOfWrite() {
        return switch (random.nextInt(4)) {
            case 0, 1 -> 1;
            case 2 -> Write.LONG_BYTES + random.nextInt(4);
            default -> random.nextInt(Write.LONG_BYTES, Write.MAX_BYTES + 1);
        };
    }

    private List<Write> records(LogEntry entry) {
        var bytes = entry.payload().slice();
        var all = new ArrayList<Write>();
        while (bytes.hasRemaining()) {
            int at = bytes.position();
            if (bytes.get() == Write.SHORT) {
                var write = shortWrites.get(new Place(entry.term(), entry.firstOffset() + at));
                if (write == null) {
                    throw new AssertionError("nobody has written what %s holds".formatted(entry));
                }
                all.add(write);
            } else {
                int end = at + bytes.getInt();
                all.add(new Write(bytes.getInt(), bytes.getLong()));
                bytes.position(end);
            }
        }
        return all;
    }

    /// A write or a read on its way. The value is what is written, or what was read: 0 is none.
    private static final class Command {
        final Client client;
        final boolean writes;
        final int key;
        final int placeToldBefore;
        long value;

        Command(Client client, boolean writes, int key, long value, int placeToldBefore) {
            this.client = client;
            this.writes = writes;
            this.key = key;
            this.value = value;
            this.placeToldBefore = placeToldBefore;
        }

        long keyHash() {
            return key + 1L;
        }
    }

    /// Sends one command after another to whom it takes for the primary, and tries another node
    /// when no reply comes.
    private final class Client {
        private Node primary = nodes.getFirst();
        private @Nullable Command sent;

        void sendSoon() {
            in(between(1, 80), this::send);
        }

        private void send() {
            int key = random.nextInt(KEYS);
            boolean writes = random.nextBoolean();
            var command =
                    new Command(
                            this,
                            writes,
                            key,
                            writes ? ++valuesMade : 0,
                            newestPlaceTold.getOrDefault(key, -1));
            sent = command;
            if (chance(0.1)) {
                primary = nodes.get(random.nextInt(nodes.size())); // by an old picture
            }
            in(between(0, 3), () -> primary.take(command));
            in(between(300, 3_000), () -> giveUp(command)); // nobody waits for ever
        }

        /// The command was refused, or its outcome will never be known.
        void giveUp(Command command) {
            if (sent == command) {
                sent = null;
                primary = nodes.get(random.nextInt(nodes.size()));
                sendSoon();
            }
        }

        void learn(Command command) {
            if (sent == command) {
                sent = null;
                newestPlaceTold.merge(
                        command.key, placeOfValue.getOrDefault(command.value, -1), Math::max);
                sendSoon();
            }
        }
    }

    /// What a primary does with commands, as the front does it: executed in the order of their
    /// arrival, the stream to the log, replies when they may leave.
    private final class Service implements PrimaryStream.Owner {
        private final Node node;
        private final int ofLife;
        private final Term term;
        private final PrimaryStream stream;
        private final ArrayDeque<ByteBuffer> unread = new ArrayDeque<>(); // at the tap
        private boolean reads = true;
        private final Durability<Runnable> durability;
        private final Tracker<Runnable>.Open replies;
        private final Set<Command> underWay = new LinkedHashSet<>();
        private List<Command> turn = new ArrayList<>();
        private long endOffset;
        private long executedNs;
        private long repliedNs;
        private long tappedNs;

        Service(Node node, Term term, long fromOffset) {
            this.node = node;
            this.ofLife = node.life;
            this.term = term;
            this.endOffset = fromOffset;
            this.durability = new Durability<>(plan.hold().rule, Runnable::run, _ -> {});
            durability.durable(fromOffset);
            durability.prepare(() -> plan.hold() == Hold.NOT_FOR_THE_LEASE || node.mayReply());
            durability.lead();
            this.replies = requireNonNull(durability.tracker()).open();
            this.stream =
                    new PrimaryStream(
                            node.link(),
                            term,
                            fromOffset,
                            new RunningChecksum(node.facts.checksum()),
                            new PrimaryStream.Bounds(Integer.MAX_VALUE, UNDECIDED_MAX_BYTES),
                            new UnitRoom(1),
                            action -> node.whenAwake(ofLife, action),
                            (pauseMs, action) ->
                                    in(pauseMs * MS, () -> node.whenAwake(ofLife, action)),
                            Thread.ofVirtual().factory(),
                            this);
            engineOfTerm.put(term, node.engine());
            if (!node.knowsThatItsEngineWroteLast()) {
                stream.begin(node.engine());
            }
        }

        void take(Command command) {
            underWay.add(command);
            if (command.writes) {
                durability.dirtyKeys().mark(command.keyHash());
            }
            turn.add(command);
            if (turn.size() == 1) {
                node.whenAwake(ofLife, this::flush);
            }
        }

        private void flush() {
            var commands = turn;
            turn = new ArrayList<>();
            executedNs = Math.max(executedNs, nowNs + between(0, 2));
            at(executedNs, () -> node.whenAwake(ofLife, () -> execute(commands)));
        }

        private void execute(List<Command> commands) {
            var executed = ByteBuffer.allocate(commands.size() * Write.MAX_BYTES);
            for (var command : commands) {
                if (command.writes) {
                    var write = new Write(command.key, command.value);
                    node.data.put(write.key(), write.value());
                    int bytes = sizeOfWrite();
                    if (bytes == 1) {
                        shortWrites.put(new Place(term, endOffset + executed.position()), write);
                    }
                    write.put(executed, bytes);
                } else {
                    command.value = node.data.getOrDefault(command.key, 0L);
                }
            }
            executed.flip();
            endOffset += executed.remaining();
            long barrier = endOffset;
            repliedNs = Math.max(repliedNs, nowNs + between(0, 3));
            at(repliedNs, () -> node.whenAwake(ofLife, () -> onReplies(commands, barrier)));
            if (executed.hasRemaining()) {
                tappedNs = Math.max(tappedNs, nowNs + between(0, 3));
                at(
                        tappedNs,
                        () ->
                                node.whenAwake(
                                        ofLife,
                                        () -> {
                                            unread.addLast(executed);
                                            readTap();
                                        }));
            }
        }

        /// As much as may be read.
        private void readTap() {
            while (reads && !unread.isEmpty()) {
                var bytes = unread.removeFirst();
                var crc = new CRC32C();
                crc.update(bytes.duplicate());
                stream.append(new StreamFramer.Units(bytes, crc.getValue(), null), List.of());
                stream.readAsAllowed();
            }
        }

        @Override
        public void read(boolean wanted) {
            reads = wanted;
            if (wanted && !unread.isEmpty()) {
                in(0, () -> node.whenAwake(ofLife, this::readTap));
            }
        }

        private void onReplies(List<Command> commands, long barrier) {
            for (var command : commands) {
                boolean clean = !command.writes && durability.isClean(command.keyHash());
                if (!durability.mayLeave(clean, false)) {
                    replies.park(() -> leave(command));
                } else {
                    leave(command);
                }
            }
            for (var command : commands) {
                if (command.writes) {
                    replies.park(() -> durability.dirtyKeys().release(command.keyHash()));
                }
            }
            replies.barrier(barrier);
        }

        private void leave(Command command) {
            checkLog();
            checkReply(node, command);
            repliesGiven++;
            underWay.remove(command);
            in(between(0, 3), () -> command.client.learn(command));
        }

        void releaseDurable() {
            durability.releaseDurable();
        }

        void reset() {
            stream.close();
            durability.end();
            underWay.forEach(command -> in(between(0, 3), () -> command.client.giveUp(command)));
            underWay.clear();
        }

        @Override
        public void onAttached() {
            throw new AssertionError("the tap is simulated");
        }

        @Override
        public void onDurable(long endOffset, List<Publication> published) {
            durability.durable(endOffset);
        }

        @Override
        public void onLogFull(@Nullable String reason) {
            tell(node, reason == null ? "finds room again" : reason);
        }

        @Override
        public void onBroken(String reason) {
            throw new AssertionError(reason);
        }

        @Override
        public void onLost(AppendOutcome outcome) {
            node.run(node.leadership.onLost(outcome));
        }
    }

    /// A call of the log on its way there. It is made once: when it arrives, or when the power
    /// fails meanwhile.
    private final class Call<T> {
        private final Supplier<CompletionStage<T>> request;
        private @Nullable CompletableFuture<T> outcome;

        Call(Supplier<CompletionStage<T>> request) {
            this.request = request;
            callsUnderWay.add(this);
        }

        CompletableFuture<T> start() {
            var started = outcome;
            if (started == null) {
                started = request.get().toCompletableFuture();
                outcome = started;
                callsUnderWay.remove(this);
            }
            return started;
        }

        T answer() {
            return start().orTimeout(120, TimeUnit.SECONDS).join();
        }
    }

    /// A driver of one machine after another, as [ShardNode] is one.
    private final class Node {

        final String name;
        private final long clockOriginNs = random.nextLong() / 4;
        private final long driftPpm = random.nextLong(-DRIFT_MAX_PPM, DRIFT_MAX_PPM);

        Leadership leadership;
        private int life;
        private long pausedUntilNs;
        private long slowUntilNs;
        private final Map<Integer, Long> data = new HashMap<>();
        private final Set<Command> arriving = new LinkedHashSet<>();
        private @Nullable Service service;
        private int version;
        private LogFacts facts = new LogFacts(engine(), 0, null);
        private long appliedOffset;
        private int appliedEntries;
        private long wonIndex;
        private long arrivalNs;
        private long answerNs;
        private Tail seen = Tail.EMPTY;
        private long sightLagNs;

        Node(String name) {
            this.name = name;
            this.leadership = new Leadership(name, TIMINGS, clockNs());
        }

        /// What was not read yet may tell of another engine that wrote nothing behind that.
        boolean knowsThatItsEngineWroteLast() {
            return appliedEntries >= wonIndex && engine().equals(facts.writer());
        }

        EngineStamp engine() {
            return new EngineStamp("redis", "7.0." + version, 10);
        }

        long clockNs() {
            return clockOriginNs + nowNs + nowNs / 1_000_000 * driftPpm;
        }

        boolean mayReply() {
            return leadership.mayReply(clockNs());
        }

        boolean isIn(Leadership.State state) {
            return leadership.state() == state;
        }

        void begin() {
            life++;
            appliedOffset = 0;
            appliedEntries = 0;
            data.clear();
            // Never on an older one than what has written: an operator has seen to that.
            newestEngine += chance(0.2) ? 1 : 0;
            version = newestEngine;
            facts = new LogFacts(engine(), 0, null);
            leadership = new Leadership(name, TIMINGS, clockNs());
            seen = Tail.EMPTY;
            int mine = life;
            whenAwake(mine, () -> tick(mine));
            whenAwake(mine, () -> probe(mine));
        }

        void pause(long ns) {
            pausedUntilNs = Math.max(pausedUntilNs, nowNs + ns);
            tell(this, "pauses for %d ms".formatted(ns / MS));
        }

        void slowDown(long ns) {
            slowUntilNs = nowNs + ns;
            sightLagNs = between(5, SIGHT_LAG_MAX_MS);
            tell(this, "is slow for %d ms".formatted(ns / MS));
        }

        /// How long a message from or to this node takes: mostly little.
        private long delayNs() {
            boolean slow = !calm && (slowUntilNs > nowNs || chance(0.03));
            return slow ? between(5, chance(0.5) ? 500 : 3_000) : between(0, 5);
        }

        void wantClaim() {
            tell(this, "is told to claim");
            run(leadership.wantClaim(tail().term()));
        }

        void crash() {
            crashes.merge(leadership.state(), 1, Integer::sum);
            run(leadership.retire("crashed"));
        }

        /// The log's tail as this node knows it, which may be long ago; never an older one than it
        /// has seen in this life.
        private Tail tail() {
            boolean slow = !calm && slowUntilNs > nowNs;
            var known = tailAsOf(nowNs - (slow ? sightLagNs : between(0, 5)));
            if (known.index() > seen.index()) {
                seen = known;
            }
            return seen;
        }

        /// Carries something out in this life of the node, once it does not pause.
        void whenAwake(int ofLife, Runnable what) {
            at(
                    Math.max(nowNs, pausedUntilNs),
                    () -> {
                        if (life == ofLife && pausedUntilNs > nowNs) {
                            whenAwake(ofLife, what);
                        } else if (life == ofLife) {
                            what.run();
                        }
                    });
        }

        private void tick(int ofLife) {
            run(leadership.onTick(tail(), clockNs()));
            in(100 * MS, () -> whenAwake(ofLife, () -> tick(ofLife)));
        }

        /// Asks the engine how far it is, the tail first; the answer comes when it comes.
        private void probe(int ofLife) {
            if (!isIn(Leadership.State.FOLLOWING) && !isIn(Leadership.State.CLAIMING)) {
                return;
            }
            var known = tail();
            int behind = Math.toIntExact(known.index() + 1) - appliedEntries;
            apply(appliedEntries + (chance(0.8) ? behind : behind / 2));
            long offset = appliedOffset;
            in(
                    delayNs(),
                    () ->
                            whenAwake(
                                    ofLife,
                                    () -> {
                                        run(leadership.onProgress(known, offset, clockNs()));
                                        in(50 * MS, () -> whenAwake(ofLife, () -> probe(ofLife)));
                                    }));
        }

        private void apply(int entries) {
            for (; appliedEntries < entries; appliedEntries++) {
                var entry = held.get(appliedEntries);
                try {
                    facts.add(entry);
                } catch (IOException e) {
                    run(leadership.retire(String.valueOf(e.getMessage())));
                    return;
                }
                appliedOffset = entry.endOffset();
                if (entry.kind() == EntryKind.DATA) {
                    records(entry).forEach(each -> data.put(each.key(), each.value()));
                }
            }
        }

        /// Only a primary takes commands. One that has lost its lease takes them, and is silent.
        void take(Command command) {
            arriving.add(command);
            whenAwake(
                    life,
                    () -> {
                        arriving.remove(command);
                        var serving = service;
                        if (serving == null) {
                            in(between(0, 3), () -> command.client.giveUp(command));
                        } else {
                            serving.take(command);
                        }
                    });
        }

        /// The log as this node reaches it: slowly, and not always.
        TransactionLog link() {
            return new Link();
        }

        private final class Link extends ForwardingLog {
            Link() {
                super(() -> log); // another one once the machine was without power
            }

            @Override
            public CompletionStage<AppendOutcome> append(
                    Term term, long expectedOffset, ByteBuffer bytes) {
                return later(() -> log.append(term, expectedOffset, bytes));
            }

            @Override
            public CompletionStage<AppendOutcome> note(
                    Term term, EntryKind kind, long expectedOffset, ByteBuffer payload) {
                return later(() -> log.note(term, kind, expectedOffset, payload));
            }

            @Override
            public CompletionStage<AppendOutcome> renew(Term term) {
                return later(() -> log.renew(term));
            }

            @Override
            public Tail tail() {
                return Node.this.tail();
            }

            @Override
            public void close() {
                // the log is the shard's
            }

            private CompletionStage<AppendOutcome> later(
                    Supplier<CompletionStage<AppendOutcome>> request) {
                var outcome = new CompletableFuture<AppendOutcome>();
                Node.this.<AppendOutcome>call(
                        request,
                        new AppendOutcome.Unknown(new IllegalStateException("lost")),
                        outcome::complete);
                return outcome;
            }
        }

        private void run(List<Leadership.Effect> effects) {
            for (var effect : effects) {
                tell(this, effect);
                switch (effect) {
                    case Leadership.Effect.Claim(long tailIndex) -> claim(tailIndex);
                    case Leadership.Effect.Promote(Term _) -> promote();
                    case Leadership.Effect.Renew(Term term) -> renew(term);
                    case Leadership.Effect.Retire(String _) -> end();
                }
            }
        }

        private void claim(long tailIndex) {
            long sentNs = clockNs();
            this.<ClaimOutcome>call(
                    () -> log.claim(name, tailIndex),
                    new ClaimOutcome.Unknown(new IllegalStateException("lost")),
                    outcome -> {
                        tell(this, outcome);
                        if (outcome instanceof ClaimOutcome.Won(Term term, long index)) {
                            checkWinner(this, term, index);
                            wonIndex = index;
                        }
                        run(leadership.onClaimed(outcome, sentNs, clockNs()));
                    });
        }

        private void promote() {
            int mine = life;
            long tookNs = delayNs();
            in(tookNs, () -> whenAwake(mine, this::onPromoted));
        }

        private void onPromoted() {
            run(leadership.onPromoted());
            if (isIn(Leadership.State.LEADING)) {
                service = new Service(this, leadership.term(), appliedOffset);
            }
        }

        private void renew(Term term) {
            long sentNs = clockNs();
            this.<AppendOutcome>call(
                    () -> log.renew(term),
                    new AppendOutcome.Unknown(new IllegalStateException("lost")),
                    outcome -> {
                        run(leadership.onRenewed(outcome, sentNs));
                        if (service != null) {
                            service.releaseDurable();
                        }
                    });
        }

        private void end() {
            int mine = ++life;
            arriving.forEach(command -> in(between(0, 3), () -> command.client.giveUp(command)));
            arriving.clear();
            if (service != null) {
                service.reset();
                service = null;
            }
            in(
                    between(100, 1_500),
                    () -> {
                        if (life == mine) {
                            begin();
                        }
                    });
        }

        /// A call of the log: it arrives, is decided and answered some time later, in the order of
        /// the calls, also when the caller is gone. What is lost on either way is unknown.
        private <T> void call(Supplier<CompletionStage<T>> request, T unknown, Consumer<T> answer) {
            int mine = life;
            var call = new Call<>(request);
            boolean requestLost = !calm && chance(0.01);
            boolean answerLost = requestLost || (!calm && chance(0.01));
            arrivalNs = Math.max(arrivalNs, nowNs + delayNs());
            at(
                    arrivalNs,
                    () -> {
                        if (!callsUnderWay.contains(call)) {
                            return; // the power failed meanwhile
                        }
                        var outcome = requestLost ? unknown : call.answer();
                        callsUnderWay.remove(call);
                        answerNs = Math.max(answerNs, nowNs + delayNs());
                        at(
                                answerNs,
                                () ->
                                        whenAwake(
                                                mine,
                                                () ->
                                                        answer.accept(
                                                                answerLost ? unknown : outcome)));
                    });
        }
    }
}
