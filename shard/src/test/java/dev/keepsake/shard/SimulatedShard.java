package dev.keepsake.shard;

import dev.keepsake.core.Term;
import dev.keepsake.log.AppendOutcome;
import dev.keepsake.log.ClaimOutcome;
import dev.keepsake.log.EntryKind;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/// The nodes of one shard around one log, in a time that is only counted: each node is a real
/// [Leadership] with a driver, a clock and an engine that are made up here. Everything that happens
/// follows from the seed. Until [#calmDown] messages to and from the log are slow or lost, nodes
/// pause and crash.
///
/// True time is `nowNs`; no node knows it. A node's clock has an origin of its own and runs up to 5
/// % too fast or too slow.
///
/// Checked after every event:
///
/// 1. The log: terms never go back, each begins with one LEADER entry, and all entries up to the
///    next are its.
/// 2. Who wins had applied every byte before its LEADER entry: what was acknowledged is kept.
/// 3. No two nodes hold the same term, and a node holds no term that the log has not given.
/// 4. Who may reply holds the newest term. So no two nodes ever may at the same time, though none
///    of them knows what the other does. This needs that nobody is *told* to claim.
/// 5. When nodes are told to claim, a leader may be outranked before its lease is over, and would
///    tell of clean keys what was true a moment ago. It stops when it hears of the newer term, and
///    at the latest one lease after that term began: no renewal of its own can be younger.
final class SimulatedShard {
    private static final LeaseTimings TIMINGS = LeaseTimings.standard();
    private static final long MS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long DRIFT_MAX_PPM = 50_000;
    private static final int STORY_MAX = 60;

    /// A lease on the slowest clock, in true time.
    private static final long LEASE_MAX_NS =
            TIMINGS.leaseNs() * 1_000_000 / (1_000_000 - DRIFT_MAX_PPM);

    private record Event(long atNs, long number, Runnable what) {}

    /// Made into text only when somebody has to read it.
    private record Happening(long atNs, String node, Object what) {
        @Override
        public String toString() {
            return "%,9d us  %s %s".formatted(atNs / 1_000, node, what);
        }
    }

    private final Random random;
    private final boolean nodesAreTold;
    private final MemoryLog log = new MemoryLog();
    private final List<Node> nodes = new ArrayList<>();
    private final List<Long> termBeganNs = new ArrayList<>();
    private final ArrayDeque<Happening> story = new ArrayDeque<>();
    private final PriorityQueue<Event> events =
            new PriorityQueue<>(
                    Comparator.comparingLong(Event::atNs).thenComparingLong(Event::number));

    private long nowNs;
    private long eventCount;
    private long checkedIndex;
    private int repliesGiven;
    private boolean calm;

    /// @param nodesAreTold whether nodes are told to claim, now and then, whoever leads
    SimulatedShard(long seed, boolean nodesAreTold) {
        this.random = new Random(seed);
        this.nodesAreTold = nodesAreTold;
        termBeganNs.add(0L); // before the first leader
        int count = 2 + random.nextInt(3);
        for (int i = 1; i <= count; i++) {
            nodes.add(new Node("n" + i));
        }
        nodes.forEach(Node::begin);
        in(between(0, 1_000), this::makeTrouble);
    }

    void run(long ms) {
        long endNs = nowNs + ms * MS;
        while (!events.isEmpty() && events.peek().atNs() <= endNs) {
            var event = events.remove();
            nowNs = event.atNs();
            event.what().run();
            check();
        }
        nowNs = endNs;
    }

    /// No more trouble from now on.
    void calmDown() {
        calm = true;
        nodes.forEach(node -> node.pausedUntilNs = nowNs);
    }

    /// Whether some node leads, and may reply.
    boolean hasLeader() {
        return nodes.stream().anyMatch(Node::mayReply);
    }

    Term newestTerm() {
        return log.tail().term();
    }

    /// How many writes have been acknowledged.
    int repliesGiven() {
        return repliesGiven;
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
        if (nodesAreTold && chance(0.4)) {
            node.whenAwake(node.life, node::wantClaim);
        } else if (chance(0.4)) {
            node.pause(between(10, 4_000));
        } else if (chance(0.5)) {
            node.slowDown(between(100, 6_000));
        } else if (chance(0.3)) {
            node.retire("crashed");
        }
        in(between(50, 2_000), this::makeTrouble);
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
            require(nodesAreTold, "%s may reply in term %s, but the newest is %s", node, term);
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
        if (log.tail().index() < checkedIndex) {
            return;
        }
        for (var entry : log.read(checkedIndex, Integer.MAX_VALUE)) {
            boolean begins = entry.kind() == EntryKind.LEADER;
            if (entry.term().number() != termBeganNs.size() - (begins ? 0 : 1)) {
                throw new AssertionError("out of its term: " + entry);
            }
            if (begins) {
                termBeganNs.add(nowNs);
            }
            checkedIndex = entry.index() + 1;
        }
    }

    private void checkWinner(Node winner, Term term, long index) {
        var leaderEntry = log.read(index, 1).getFirst();
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

    /// A driver of one machine after another, as [ShardNode] is one.
    private final class Node {
        private static final byte[] WRITE = {'w', 'r', 'i', 't', 'e'};

        final String name;
        private final long clockOriginNs = random.nextLong() / 4;
        private final long driftPpm = random.nextLong(-DRIFT_MAX_PPM, DRIFT_MAX_PPM);

        Leadership leadership;
        private int life;
        private long pausedUntilNs;
        private long slowUntilNs;
        private long appliedOffset;
        private long arrivalNs;
        private long answerNs;

        Node(String name) {
            this.name = name;
            this.leadership = new Leadership(name, TIMINGS, clockNs());
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
            leadership = new Leadership(name, TIMINGS, clockNs());
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
            tell(this, "is slow for %d ms".formatted(ns / MS));
        }

        /// How long a message from or to this node takes: mostly little.
        private long delayNs() {
            boolean slow = !calm && (slowUntilNs > nowNs || chance(0.03));
            return slow ? between(5, chance(0.5) ? 500 : 3_000) : between(0, 5);
        }

        void wantClaim() {
            tell(this, "is told to claim");
            run(leadership.wantClaim());
        }

        void retire(String reason) {
            run(leadership.retire(reason));
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
            run(leadership.onTick(log.tail(), clockNs()));
            if (isIn(Leadership.State.LEADING)) {
                write();
            }
            in(100 * MS, () -> whenAwake(ofLife, () -> tick(ofLife)));
        }

        /// Asks the engine how far it is, the tail first; the answer comes when it comes.
        private void probe(int ofLife) {
            if (!isIn(Leadership.State.FOLLOWING) && !isIn(Leadership.State.CLAIMING)) {
                return;
            }
            var seen = log.tail();
            long behind = seen.endOffset() - appliedOffset;
            appliedOffset += chance(0.8) ? behind : behind / 2;
            long offset = appliedOffset;
            in(
                    delayNs(),
                    () ->
                            whenAwake(
                                    ofLife,
                                    () -> {
                                        run(leadership.onProgress(seen, offset, clockNs()));
                                        in(50 * MS, () -> whenAwake(ofLife, () -> probe(ofLife)));
                                    }));
        }

        private void write() {
            var term = leadership.term();
            long offset = appliedOffset;
            appliedOffset += WRITE.length;
            this.<AppendOutcome>call(
                    () -> log.append(term, offset, ByteBuffer.wrap(WRITE)),
                    new AppendOutcome.Unknown(new IllegalStateException("lost")),
                    outcome -> {
                        switch (outcome) {
                            case AppendOutcome.Appended _ -> {
                                if (mayReply()) {
                                    repliesGiven++;
                                }
                            }
                            case AppendOutcome.Fenced _, AppendOutcome.Unknown _ ->
                                    run(leadership.onLost(outcome));
                            case AppendOutcome.Misplaced _, AppendOutcome.Full _ ->
                                    retire("its stream does not follow the log");
                        }
                    });
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
                        }
                        run(leadership.onClaimed(outcome, sentNs, clockNs()));
                    });
        }

        private void promote() {
            int mine = life;
            long tookNs = delayNs();
            in(tookNs, () -> whenAwake(mine, () -> run(leadership.onPromoted())));
        }

        private void renew(Term term) {
            long sentNs = clockNs();
            this.<AppendOutcome>call(
                    () -> log.renew(term),
                    new AppendOutcome.Unknown(new IllegalStateException("lost")),
                    outcome -> run(leadership.onRenewed(outcome, sentNs)));
        }

        private void end() {
            life++;
            in(between(100, 1_500), this::begin);
        }

        /// A call of the log: it arrives, is decided and answered some time later, in the order of
        /// the calls, also when the caller is gone. What is lost on either way is unknown.
        private <T> void call(Supplier<CompletionStage<T>> request, T unknown, Consumer<T> answer) {
            int mine = life;
            boolean requestLost = !calm && chance(0.01);
            boolean answerLost = requestLost || (!calm && chance(0.01));
            arrivalNs = Math.max(arrivalNs, nowNs + delayNs());
            at(
                    arrivalNs,
                    () -> {
                        var outcome =
                                requestLost ? unknown : request.get().toCompletableFuture().join();
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
