package dev.keepsake.tests;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Says whether what clients saw of one key could have been: whether there is an order of all
/// operations, each at one moment between its call and its return, that explains every reply.
///
/// The search may need more than there is time for; it is bounded, and says when it gave up.
final class LinearizabilityChecker {
    /// What the search has found.
    sealed interface Verdict {
        /// There is such an order.
        record Linearizable() implements Verdict {}

        /// There is none.
        ///
        /// @param why the longest order that explains a part of the history, and what stops it
        record Violated(String why) implements Verdict {}

        /// Nobody knows: the bound was reached.
        record Undecided(String why) implements Verdict {}
    }

    /*
     * The search of Wing and Gong ("Testing and verifying concurrent objects", 1993) with the memory
     * of Lowe ("Testing for linearizability", 2017), as in Knossos and Porcupine.
     *
     *   client a  |--- SET x 1 ---|      |-- GET x --|
     *   client b       |--- SET x 2 ---|
     *             ^    ^          ^
     *             |    |          the first return: whatever was called later cannot be next
     *             both may be next
     *
     * An operation may be the next one in the order if no operation that is not in it yet has
     * returned before it was called. It is put there if the model replies what the client was told.
     * When nothing can be next, the last one is taken out again. What is in the order and what the
     * key holds then (a configuration) is all that the rest depends on, so the same configuration is
     * never looked at twice, by whatever order it was reached. What only tells and may be next is
     * put there at once and nothing else is tried: it is not in the way of any other order.
     *
     * An operation without a reply has no return: it may be next for ever, and need not come at all.
     * Every such operation could double the work; three rules, none of which loses an order, keep
     * them cheap:
     *
     *   - One that would change nothing at this point is left for later.
     *   - One whose effect the next operation would overwrite unseen is not put before it.
     *   - Of several equal ones the oldest goes first.
     *
     * What is left are orders with several of them in a row, as many as there are permutations. Few
     * histories need long rows, so the search is made with short ones first; that there is no order
     * it says only of rows of any length.
     */
    private static final long BYTES_MAX = 256 << 20;
    private static final int CONFIGURATION_BYTES = 200; // about, without the text of the state
    private static final int TOLD_MAX = 12;
    private static final int TEXT_MAX = 400;

    private final long maxBytes;

    LinearizabilityChecker() {
        this(BYTES_MAX);
    }

    /// @param maxBytes how much memory the search may take before it gives up, about
    LinearizabilityChecker(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    /// Checks all operations on one key, which held nothing before the first of them.
    Verdict check(List<Operation> history) {
        long unknown = history.stream().filter(operation -> !operation.isKnown()).count();
        int rowMax = 1;
        var verdict = new Search(history, rowMax).run();
        while (verdict instanceof Verdict.Violated && rowMax < unknown) {
            rowMax *= 2;
            verdict = new Search(history, rowMax).run();
        }
        return verdict;
    }

    /// @param firstOpen everything that was called before this one is in the order
    /// @param later which of the others are
    /// @param unknown which of those without a reply are
    /// @param row how many of the last operations in the order are without a reply
    private record Configuration(
            int firstOpen, BitSet later, BitSet unknown, KeyState state, int row) {}

    /// One place in the order: what may come there, and what the key holds before.
    private static final class Place {
        final KeyState state;
        final int row;
        final int[] candidates;
        int tried;

        Place(KeyState state, int row, int[] candidates) {
            this.state = state;
            this.row = row;
            this.candidates = candidates;
        }

        /// What stands here now.
        int taken() {
            return candidates[tried - 1];
        }
    }

    /// The end of the longest order so far.
    private record Stuck(
            int knownOrdered, List<Operation> last, KeyState state, List<Operation> next) {
        String explain(int known) {
            return """
            of %d operations, the longest order has %d, and ends with
              %s
            The key then holds %s, and none of these can be next:
              %s\
            """
                    .formatted(known, knownOrdered, lines(last), brief(state), lines(next));
        }

        private static String lines(List<Operation> told) {
            return told.stream().map(Stuck::brief).collect(Collectors.joining("\n  "));
        }

        private static String brief(Object told) {
            var text = told.toString();
            return text.length() <= TEXT_MAX
                    ? text
                    : text.substring(0, TEXT_MAX / 2)
                            + " ... "
                            + text.substring(text.length() - TEXT_MAX / 2);
        }
    }

    private final class Search {
        /// Those with replies in the order of their calls, then those without.
        private final List<Operation> operations;

        private final int rowMax;
        private final int known;
        private final BitSet ordered = new BitSet();
        private final ArrayDeque<Place> places = new ArrayDeque<>(); // the last one first
        private final Set<Configuration> seen = new HashSet<>();
        private long seenBytes;
        private int knownOrdered;
        private Stuck longest = new Stuck(-1, List.of(), KeyState.ABSENT, List.of());

        /// @param rowMax how many operations without a reply may follow each other
        Search(List<Operation> history, int rowMax) {
            this.rowMax = rowMax;
            operations =
                    history.stream()
                            .filter(operation ->
                                    operation.isKnown() || !operation.command().isRead())
                            .sorted(
                                    Comparator.comparing((Operation each) -> !each.isKnown())
                                            .thenComparingLong(Operation::invokedNs))
                            .toList();
            known = (int) operations.stream().filter(Operation::isKnown).count();
        }

        Verdict run() {
            open(KeyState.ABSENT, 0);
            while (knownOrdered < known) {
                var place = places.getFirst();
                if (place.tried == place.candidates.length) {
                    if (places.size() == 1) {
                        return new Verdict.Violated(
                                "no order explains everything; " + longest.explain(known));
                    }
                    places.removeFirst();
                    takeOut(places.getFirst().taken());
                    continue;
                }
                int candidate = place.candidates[place.tried++];
                var next = after(place, candidate);
                if (next == null) {
                    continue;
                }
                putIn(candidate);
                int row = candidate < known ? 0 : place.row + 1;
                if (!seen.add(configuration(next, row))) {
                    takeOut(candidate);
                    continue;
                }
                seenBytes += CONFIGURATION_BYTES + next.text().length();
                if (seenBytes > maxBytes) {
                    return new Verdict.Undecided(
                            "undecided after %d configurations, which fill %d bytes; %s"
                                    .formatted(seen.size(), seenBytes, longest.explain(known)));
                }
                open(next, row);
            }
            return new Verdict.Linearizable();
        }

        /// What the key holds after the candidate, or null when it cannot come here.
        private @Nullable KeyState after(Place place, int candidate) {
            var operation = operations.get(candidate);
            var step = operation.command().on(place.state);
            if (place.row > 0 && operation.command().isBlind()) {
                return null;
            }
            boolean fits =
                    operation.isKnown()
                            ? step.reply().equals(operation.reply())
                            : !step.next().equals(place.state);
            return fits ? step.next() : null;
        }

        /// Whether the operation explains its reply and changes nothing, now or elsewhere. A SET of
        /// what the key already holds does change something elsewhere; of the others, the reply
        /// tells.
        private static boolean onlyTells(Operation operation, KeyState state) {
            var step = operation.command().on(state);
            return !operation.command().isBlind()
                    && step.next().equals(state)
                    && step.reply().equals(operation.reply());
        }

        private Configuration configuration(KeyState state, int row) {
            int firstOpen = ordered.nextClearBit(0);
            int end =
                    ordered.previousSetBit(known - 1)
                            + 1; // the slices are kept: no larger than need be
            int unknownEnd = Math.max(known, ordered.length());
            return new Configuration(
                    firstOpen,
                    ordered.get(firstOpen, Math.max(firstOpen, end)),
                    ordered.get(known, unknownEnd),
                    state,
                    row);
        }

        private void putIn(int operation) {
            ordered.set(operation);
            knownOrdered += operation < known ? 1 : 0;
        }

        private void takeOut(int operation) {
            ordered.clear(operation);
            knownOrdered -= operation < known ? 1 : 0;
        }

        private void open(KeyState state, int row) {
            var candidates = candidates(state, row);
            places.addFirst(new Place(state, row, candidates));
            if (knownOrdered > longest.knownOrdered()) {
                longest = new Stuck(knownOrdered, last(), state, operationsAt(candidates));
            }
        }

        /// What may be next: those that must come soonest first, those that need not come last.
        private int[] candidates(KeyState state, int row) {
            long firstReturnNs = Long.MAX_VALUE;
            var candidates = new ArrayList<Integer>();
            for (int i = ordered.nextClearBit(0);
                    i < known && operations.get(i).invokedNs() <= firstReturnNs;
                    i = ordered.nextClearBit(i + 1)) {
                firstReturnNs = Math.min(firstReturnNs, operations.get(i).returnedNs());
                candidates.add(i);
            }
            for (int each : candidates) {
                if (onlyTells(operations.get(each), state)) {
                    return new int[] {each};
                }
            }
            candidates.sort(Comparator.comparingLong(each -> operations.get(each).returnedNs()));
            var commands = new HashSet<KeyCommand>();
            int end = row < rowMax ? operations.size() : known;
            for (int i = ordered.nextClearBit(known);
                    i < end && operations.get(i).invokedNs() <= firstReturnNs;
                    i = ordered.nextClearBit(i + 1)) {
                if (commands.add(operations.get(i).command())) {
                    candidates.add(i);
                }
            }
            return candidates.stream().mapToInt(Integer::intValue).toArray();
        }

        private List<Operation> last() {
            return places.stream()
                    .skip(1) // nothing has been taken at the place just opened
                    .limit(TOLD_MAX)
                    .map(place -> operations.get(place.taken()))
                    .toList()
                    .reversed();
        }

        private List<Operation> operationsAt(int[] indexes) {
            return Arrays.stream(indexes).mapToObj(operations::get).toList();
        }
    }
}
