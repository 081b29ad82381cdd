package dev.keepsake.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.core.Term;
import dev.keepsake.log.Tail;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// A shard whose nodes start, lead, fail, fall silent and hand over as a seed has it, with the
/// election in the middle that hears of it late. `-Dseed=N` repeats one seed, `-Dseeds=COUNT` runs
/// more or fewer.
class ElectionSimulation {
    private static final int STEPS = 1_000;

    static LongStream seeds() {
        Long only = Long.getLong("seed");
        return only == null
                ? LongStream.rangeClosed(1, Integer.getInteger("seeds", 300))
                : LongStream.of(only);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void nobodyIsAskedWrongly(long seed) {
        run(seed);
    }

    @Test
    void nodesAreAskedAgainAndAgain() {
        assertThat(LongStream.rangeClosed(1, 50).mapToInt(seed -> run(seed).asked).sum())
                .isGreaterThan(300);
    }

    private static Shard run(long seed) {
        var shard = new Shard(seed);
        for (int step = 0; step < STEPS; step++) {
            shard.step();
        }
        return shard;
    }

    private static final class Node {
        final String name;
        NodePhase phase = NodePhase.DOWN; // as the fleet knows it
        long offset = -1;
        Term holds = Term.NONE; // what the present life has won, whether or not it has said so
        Term won = Term.NONE; // the newest that it has said

        Node(String name) {
            this.name = name;
        }

        boolean mayWin() {
            return phase == NodePhase.REPLICA && holds.equals(Term.NONE);
        }
    }

    /// The truth about a shard, and what is checked against it.
    private static final class Shard {
        private final String seed;
        private final Random random;
        private final OtherProcess other;
        private final Election election;
        private final List<Node> nodes = new ArrayList<>();
        private final List<String> story = new ArrayList<>();
        private Tail tail = new Tail(7, new Term(4), "a", 7, 70);
        private @Nullable Node holder; // of the newest term, while it may use it
        private boolean heldElsewhere;
        private Term over = Term.NONE; // the newest that the fleet can know to be over or its own
        private @Nullable Node nominee;
        private @Nullable Node failing;
        private @Nullable String preferred;
        private boolean paused;
        private int made;
        private int asked;

        Shard(long number) {
            seed = "seed " + number;
            random = new Random(number);
            other =
                    List.of(OtherProcess.values())
                            .get(random.nextInt(OtherProcess.values().length));
            election = new Election(other);
            int count = 2 + random.nextInt(4);
            for (int i = 0; i < count; i++) {
                nodes.add(new Node(nextName()));
            }
            heldElsewhere = other == OtherProcess.MAY_LEAD;
            if (other != OtherProcess.MAY_LEAD) {
                over = tail.term();
                preferred = "a";
            }
            election.begin("a", tail.term());
        }

        private String nextName() {
            return Character.toString('a' + made++ % 26);
        }

        void step() {
            var node = nodes.get(random.nextInt(nodes.size()));
            switch (random.nextInt(19)) {
                case 0, 1, 2 -> start(node);
                case 3, 4, 5 -> ready(node);
                case 6, 7, 8, 9 -> claimAsTold();
                case 10, 11, 12 -> sayThatItLeads(node);
                case 13 -> fail(node);
                case 14 -> handOver(node);
                case 15 -> pauseOrResume();
                case 16 -> grow(node);
                case 17 -> standInSilence(node);
                case 18 -> rare(node);
                default -> throw new IllegalStateException("no such event");
            }
        }

        private void rare(Node node) {
            switch (random.nextInt(6)) {
                case 0 -> standByItself(node);
                case 1 -> fallSilent(node);
                case 2 -> anotherProcessClaims();
                case 3 -> remove(node);
                case 4 -> add();
                case 5 -> claimLandsLate(node);
                default -> throw new IllegalStateException("no such event");
            }
        }

        // ---- what happens

        private void start(Node node) {
            if (node.phase == NodePhase.DOWN) {
                node.phase = NodePhase.STARTING;
                tell("%s starts".formatted(node.name));
            }
        }

        private void ready(Node node) {
            if (node.phase == NodePhase.STARTING) {
                node.phase = NodePhase.REPLICA;
                node.offset = random.nextInt(5);
                tell("%s is ready".formatted(node.name));
                elect();
            }
        }

        private void grow(Node node) {
            if (node.phase == NodePhase.REPLICA) {
                node.offset += random.nextInt(5);
            }
        }

        /// The log takes the claim of whoever was asked, if nothing came between.
        private void claimAsTold() {
            if (nominee != null && nominee.mayWin() && holder == null && !heldElsewhere) {
                win(nominee);
            }
        }

        private void standInSilence(Node node) {
            if (holder == null || holder.phase == NodePhase.SILENT) {
                standByItself(node);
            }
        }

        private void standByItself(Node node) {
            if (node.mayWin() && !node.name.equals(preferred)) {
                win(node);
            }
        }

        private void win(Node node) {
            node.holds = claim(node.name);
            holder = node;
            heldElsewhere = false;
            tell("%s wins term %d".formatted(node.name, node.holds.number()));
        }

        private Term claim(String name) {
            var next = tail.term().next();
            tail = new Tail(tail.index() + 1, next, name, tail.index() + 1, tail.endOffset());
            return next;
        }

        /// A claim of a life that had ended by then.
        private void claimLandsLate(Node node) {
            if (node.phase == NodePhase.DOWN && holder == null && !heldElsewhere) {
                tell(
                        "a claim of %s lands late, term %d"
                                .formatted(node.name, claim(node.name).number()));
            }
        }

        private void anotherProcessClaims() {
            if (other != OtherProcess.NONE) {
                var name = nodes.getFirst().name; // it has nodes of the same names
                tell("another process wins term %d as %s".formatted(claim(name).number(), name));
                holder = null;
                heldElsewhere = true;
            }
        }

        private void sayThatItLeads(Node node) {
            if (node.phase == NodePhase.REPLICA && !node.holds.equals(Term.NONE)) {
                node.phase = NodePhase.PRIMARY;
                node.won = node.holds;
                over = max(over, node.won);
                nominee = null;
                preferred = null;
                tell("%s says that it leads".formatted(node.name));
                election.onLeading(node.name, node.won);
                assertThat(election.leader()).as(seed).isEqualTo(node.name);
                if (failing != node) {
                    failing = null;
                }
            }
        }

        private void fail(Node node) {
            if (node.phase == NodePhase.DOWN) {
                return;
            }
            boolean knows = node.phase == NodePhase.PRIMARY || random.nextBoolean();
            if (knows) {
                node.won = max(node.won, node.holds);
            }
            over = max(over, node.won);
            endLife(node, NodePhase.DOWN);
            if (node.name.equals(preferred)) {
                preferred = null;
            }
            tell("%s fails".formatted(node.name));
            election.onRetired(node.name, node.won);
            elect();
        }

        private void handOver(Node node) {
            if (node.phase == NodePhase.PRIMARY && holder == node) {
                failing = node;
                endLife(node, NodePhase.STARTING);
                tell("%s hands over".formatted(node.name));
                election.onResigned(node.name, node.won);
                elect();
            }
        }

        private void endLife(Node node, NodePhase next) {
            node.phase = next;
            node.holds = Term.NONE;
            holder = holder == node ? null : holder;
            nominee = nominee == node ? null : nominee;
        }

        private void fallSilent(Node node) {
            if (node.phase == NodePhase.PRIMARY) {
                node.phase = NodePhase.SILENT;
                tell("%s falls silent".formatted(node.name));
            }
        }

        private void pauseOrResume() {
            paused = !paused && random.nextInt(4) == 0;
            if (paused) {
                election.pause();
            } else {
                election.resume();
                tell("a pause is over");
                elect();
            }
        }

        private void remove(Node node) {
            if (nodes.size() > 2 && node.mayWin() && !node.name.equals(election.lastLeader())) {
                nodes.remove(node);
                endLife(node, NodePhase.DOWN);
                failing = failing == node ? null : failing;
                tell("%s leaves".formatted(node.name));
                election.onRemoved(node.name);
                elect();
            }
        }

        private void add() {
            if (nodes.size() < 6 && made < 26) {
                nodes.add(new Node(nextName()));
            }
        }

        // ---- what is checked

        private void elect() {
            if (other == OtherProcess.NONE && nodes.stream().noneMatch(this::mayHoldTerm)) {
                over = tail.term(); // even if its winner failed before it said so
            }
            var passedOver = failing == null ? null : failing.name;
            var next = election.next(views(), tail, passedOver);
            next.ifPresent(chosen -> tell("%s is to claim".formatted(chosen.node())));
            if (next.isEmpty()) {
                assertThat(whyNot()).as("why nobody is asked, %s:%n%s", seed, told()).isNotEmpty();
                return;
            }
            asked++;
            var chosen = node(next.get().node());
            assertThat(chosen.phase).as("%s:%n%s", seed, told()).isEqualTo(NodePhase.REPLICA);
            assertThat(whyNot()).as("why nobody is to be asked, %s:%n%s", seed, told()).isEmpty();
            assertThat(next.get().over()).as("%s:%n%s", seed, told()).isEqualTo(tail.term());
            assertThat(chosen.name).as("%s:%n%s", seed, told()).isEqualTo(best().name);
            nominee = chosen;
        }

        private List<String> whyNot() {
            var reasons = new ArrayList<String>();
            if (paused) {
                reasons.add("a pause");
            }
            if (election.leader() != null) {
                reasons.add("%s leads".formatted(election.leader()));
            }
            if (nominee != null) {
                reasons.add("%s has been asked".formatted(nominee.name));
            }
            if (holder != null && holder.phase == NodePhase.REPLICA) {
                reasons.add("%s has won, and has not said so".formatted(holder.name));
            }
            if (heldElsewhere || (other != OtherProcess.NONE && tail.term().isNewerThan(over))) {
                reasons.add("another process may lead");
            }
            if (preferred != null && node(preferred).phase == NodePhase.STARTING) {
                reasons.add("%s is coming".formatted(preferred));
            }
            if (able().isEmpty() || (preferred != null && !able().contains(node(preferred)))) {
                reasons.add("nobody is able");
            }
            if (other == OtherProcess.NONE
                    && tail.term().isNewerThan(over)
                    && nodes.stream().anyMatch(this::mayHoldTerm)) {
                reasons.add("the newest leader may be alive");
            }
            return reasons;
        }

        /// Whether the log names a node as the newest leader that may be, for all the fleet knows.
        private boolean mayHoldTerm(Node node) {
            return node.name.equals(tail.leader())
                    && node.phase != NodePhase.DOWN
                    && node.phase != NodePhase.STARTING;
        }

        private Node best() {
            return preferred != null
                    ? node(preferred)
                    : able().stream()
                            .filter(each -> each != failing || able().size() == 1)
                            .max(Comparator.comparingLong(each -> each.offset))
                            .orElseThrow();
        }

        private List<Node> able() {
            return nodes.stream().filter(each -> each.phase == NodePhase.REPLICA).toList();
        }

        private Node node(String name) {
            return nodes.stream().filter(each -> each.name.equals(name)).findFirst().orElseThrow();
        }

        private List<NodeView> views() {
            return nodes.stream()
                    .map(each ->
                            new NodeView(each.name, each.phase, true, true, Map.of(), each.offset))
                    .toList();
        }

        private static Term max(Term one, Term two) {
            return one.isNewerThan(two) ? one : two;
        }

        private void tell(String what) {
            story.add(what);
        }

        private String told() {
            return String.join("\n", story.subList(Math.max(0, story.size() - 30), story.size()));
        }
    }
}
