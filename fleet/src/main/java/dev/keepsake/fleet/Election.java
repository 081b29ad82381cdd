package dev.keepsake.fleet;

import dev.keepsake.core.Term;
import dev.keepsake.log.Tail;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Decides which node of a shard is asked to claim the leadership: a state machine without I/O.
/// Reports of nodes go in, a [Nomination] comes out. Owned by the fleet's thread; any thread may
/// call [#isLeaderComing].
///
/// The log decides which node leads. The election only decides which node should try, so a wrong
/// nomination costs only a refused claim. One thing must be right: no node is asked to claim after
/// a term that another node may still hold, because the holder may be sending clients data that a
/// new primary then changes. The holder may be in another process, or a node of this process that
/// claimed by itself and has not reported it yet. In that case the nodes claim by themselves, once
/// the holder's lease has run out, or the holder reports.
///
/// | seat | means | left by |
/// | --- | --- | --- |
/// | VACANT | no node leads, and none has been asked to claim | a nomination → ASKED; a node that claimed by itself leads → LED |
/// | ASKED | one node has been asked to claim | it or another one leads → LED; it retires or is removed → VACANT |
/// | LED | a node leads | it retires or resigns → VACANT; another one leads → LED by that one |
///
/// Only one node is asked at a time: a second one could win directly after the first, and end its
/// term without need. If the asked node hangs, the others claim by themselves once the leader has
/// been silent for long enough.
///
/// The node that led before a restart is preferred until it leads or fails. So a restart keeps the
/// roles, however long that node takes. Otherwise the replica with the highest applied offset is
/// asked.
final class Election {
    /// The node to ask for a claim.
    ///
    /// @param over the newest term that is certainly over
    record Nomination(String node, Term over) {}

    private enum State {
        VACANT,
        ASKED,
        LED
    }

    /// @param node the asked or leading node, or the empty name
    private record Seat(State state, String node) {
        static final Seat VACANT = new Seat(State.VACANT, "");

        boolean is(State wanted, String name) {
            return state == wanted && node.equals(name);
        }
    }

    private final OtherProcess other;
    private Seat seat = Seat.VACANT;
    private @Nullable String lastLeader;
    private boolean paused;
    private volatile @Nullable String preferred;
    private volatile Term termOver = Term.NONE; // the newest that is certainly over

    /// @param other whether another process can lead the shard
    Election(OtherProcess other) {
        this.other = other;
    }

    /// Begins, when the shard starts.
    ///
    /// @param last the node that led last, according to the log
    /// @param newest the newest term in the log
    void begin(String last, Term newest) {
        lastLeader = last;
        switch (other) {
            case NONE, ENDED -> {
                preferred = last;
                termOver = newest;
            }
            case MAY_LEAD -> {} // until the lease of the other process is over
        }
    }

    /// The node that leads, or null while none does.
    @Nullable String leader() {
        return seat.state() == State.LED ? seat.node() : null;
    }

    /// The node that leads or led last, or null before the beginning.
    @Nullable String lastLeader() {
        return lastLeader;
    }

    /// Whether the node that led before is starting, and will lead again. Any thread.
    ///
    /// @param newest the newest term in the log
    boolean isLeaderComing(Term newest) {
        // A term newer than at the start appears when a predecessor had won it just before it died.
        // No node is asked to claim after that term.
        return preferred != null && (other == OtherProcess.NONE || isOver(newest));
    }

    /// Reports that a node leads.
    void onLeading(String node, Term won) {
        preferred = null;
        seat = new Seat(State.LED, node);
        lastLeader = node;
        noteWon(won);
    }

    /// Reports that a node has given up the leadership, and follows.
    ///
    /// @param won the newest term that it has won
    void onResigned(String node, Term won) {
        if (seat.is(State.LED, node)) {
            seat = Seat.VACANT;
        }
        noteWon(won);
    }

    /// Reports that a node has failed.
    ///
    /// @param won the newest term that it has won
    void onRetired(String node, Term won) {
        if (seat.node().equals(node)) {
            seat = Seat.VACANT;
        }
        noteWon(won);
        if (node.equals(preferred)) {
            preferred = null;
        }
    }

    /// Reports that a replica has left the shard.
    void onRemoved(String node) {
        if (seat.is(State.ASKED, node)) {
            seat = Seat.VACANT;
        }
    }

    /// Stops nominations until [#resume].
    void pause() {
        paused = true;
    }

    void resume() {
        paused = false;
    }

    /// The node to ask for a claim now, if there is one. The returned node counts as asked.
    ///
    /// @param log the tail of the log
    /// @param passedOver a node that has handed over, and leads again only if no other node can; or
    ///   null
    Optional<Nomination> next(List<NodeView> nodes, Tail log, @Nullable String passedOver) {
        noteGone(log, nodes);
        var newest = log.term();
        if (paused || seat.state() != State.VACANT || !isOver(newest)) {
            return Optional.empty();
        }
        var wanted = preferred;
        if (wanted != null && isStarting(wanted, nodes)) {
            return Optional.empty(); // asked again when it is ready or retires
        }
        var able = nodes.stream().filter(node -> node.phase() == NodePhase.REPLICA).toList();
        var chosen =
                able.stream()
                        .filter(node -> wanted == null || node.name().equals(wanted))
                        .filter(node -> !node.name().equals(passedOver) || able.size() == 1)
                        .max(Comparator.comparingLong(NodeView::appliedOffset))
                        .map(NodeView::name);
        chosen.ifPresent(node -> seat = new Seat(State.ASKED, node));
        return chosen.map(node -> new Nomination(node, newest));
    }

    private static boolean isStarting(String name, List<NodeView> nodes) {
        return nodes.stream()
                .anyMatch(node -> node.name().equals(name) && node.phase() == NodePhase.STARTING);
    }

    /// Whether a term is certainly over: no node can hold it that has not reported.
    boolean isOver(Term term) {
        return !term.isNewerThan(termOver);
    }

    /// Notes terms whose winner's life has ended. In a log that belongs to this process alone, only
    /// a node of the shard can have won the newest term. The term is over when the life that won it
    /// is over, even if that life ended before it could report the term.
    private void noteGone(Tail log, List<NodeView> nodes) {
        if (other == OtherProcess.NONE
                && nodes.stream()
                        .noneMatch(node -> node.name().equals(log.leader()) && mayHoldTerm(node))) {
            noteWon(log.term());
        }
    }

    private static boolean mayHoldTerm(NodeView node) {
        return switch (node.phase()) {
            case DOWN, STARTING -> false;
            case REPLICA, PRIMARY, SILENT -> true;
        };
    }

    /// Notes a term that a node of this process has won. It is over when that node has retired or
    /// resigned, and the node holds it itself while it leads.
    private void noteWon(Term won) {
        if (won.isNewerThan(termOver)) {
            termOver = won;
        }
    }
}
