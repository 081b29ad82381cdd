package dev.keepsake.fleet;

import dev.keepsake.core.Term;
import dev.keepsake.log.Tail;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Decides which node of a shard is told to claim the leadership: a state machine without I/O.
/// Reports of nodes go in, a [Nomination] comes out. Owned by the fleet's thread, but for
/// [#isLeaderComing].
///
/// The log decides who leads. The election only says who should try, so a wrong nomination costs a
/// claim that is refused. It has to be right in one thing: nobody is told to claim behind a term
/// that somebody may still hold, because the holder may be telling its clients of keys that a new
/// primary then changes. Another process may hold it, or a node of this one that stood by itself
/// and has not said so yet. In that case the nodes stand by themselves, once the holder's lease has
/// run out, or the holder is heard of.
///
/// | seat | means | left by |
/// | --- | --- | --- |
/// | VACANT | no node leads, and none has been told to claim | a nomination → ASKED; a node that stood by itself leads → LED |
/// | ASKED | one node has been told to claim | it or another one leads → LED; it retires or is removed → VACANT |
/// | LED | a node leads | it retires or resigns → VACANT; another one leads → LED by that one |
///
/// One node is asked at a time: a second one could win right after the first, and end its term for
/// nothing. Should the asked node hang, the others stand by themselves once it has been silent for
/// long.
///
/// The node that led before a restart is preferred until it leads or fails, so that a restart keeps
/// the roles however long that node takes. Otherwise the replica that has come furthest is asked.
final class Election {
    /// A node is to claim the leadership.
    ///
    /// @param over the newest term that is known to be over
    record Nomination(String node, Term over) {}

    private enum State {
        VACANT,
        ASKED,
        LED
    }

    /// @param node whom it is about, or the empty name
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
    private volatile Term termOver = Term.NONE; // the newest that nobody unheard of holds

    /// @param other whether another process can lead the shard
    Election(OtherProcess other) {
        this.other = other;
    }

    /// The shard starts.
    ///
    /// @param last the node that led last, as the log says
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
        // A newer term than at the start comes to light when a predecessor had taken it just before
        // it died. Nobody is told to claim behind that one.
        return preferred != null && (other == OtherProcess.NONE || isOver(newest));
    }

    /// A node leads.
    void onLeading(String node, Term won) {
        preferred = null;
        seat = new Seat(State.LED, node);
        lastLeader = node;
        noteWon(won);
    }

    /// A node has given the leadership up, and follows.
    ///
    /// @param won the newest term that it has won
    void onResigned(String node, Term won) {
        if (seat.is(State.LED, node)) {
            seat = Seat.VACANT;
        }
        noteWon(won);
    }

    /// A node has failed.
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

    /// A replica has left the shard.
    void onRemoved(String node) {
        if (seat.is(State.ASKED, node)) {
            seat = Seat.VACANT;
        }
    }

    /// Nobody is asked until [#resume].
    void pause() {
        paused = true;
    }

    void resume() {
        paused = false;
    }

    /// Who is to claim now, if somebody is. Whoever is returned counts as asked.
    ///
    /// @param log the end of the log
    /// @param passedOver a node that has handed over, and leads again only if no other can; or null
    Optional<Nomination> next(List<NodeView> nodes, Tail log, @Nullable String passedOver) {
        noteGone(log, nodes);
        var newest = log.term();
        if (paused || seat.state() != State.VACANT || !isOver(newest)) {
            return Optional.empty();
        }
        var wanted = preferred;
        if (wanted != null && isStarting(wanted, nodes)) {
            return Optional.empty(); // it will be ready, or retire, and either brings us back here
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

    /// Whether nobody can hold a term who has not been heard of.
    boolean isOver(Term term) {
        return !term.isNewerThan(termOver);
    }

    /// In a log of this process alone, only a node of the shard can have won the newest term. It is
    /// over when the life is that won it, even if that ended before it could say so.
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

    /// Whatever a node of this process has won is over when that node has retired or resigned, and
    /// is its own while it leads.
    private void noteWon(Term won) {
        if (won.isNewerThan(termOver)) {
            termOver = won;
        }
    }
}
