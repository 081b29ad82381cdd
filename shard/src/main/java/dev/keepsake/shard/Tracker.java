package dev.keepsake.shard;

import static dev.keepsake.core.Checks.checkState;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/// Holds what may be told only once it is durable, and only by a node that may reply. Owned by the
/// node's event loop; no I/O.
///
/// What arrives is parked in the open group. A barrier closes the group: its offset covers every
/// command whose reply is in it. Groups are released in order, each as soon as the log is durable
/// up to its offset. Replies of several lanes may be read out of order, so an offset lower than the
/// last group's counts as the last group's: waiting longer is always safe, and one queue keeps the
/// order.
///
/// Durable is not enough: a primary whose lease is over may have been outranked without knowing it,
/// and would tell of what was true before. So the gate is asked for each group when it leaves,
/// whatever it was that made it leave, and what it holds back waits for the next [#durable].
///
/// @param <R> what is parked
public final class Tracker<R> {
    private static final class Group<R> {
        final List<R> parked = new ArrayList<>();
        final long id;
        int counted; // beside those that are in the list
        long offset;

        Group(long id) {
            this.id = id;
        }

        int size() {
            return parked.size() + counted;
        }
    }

    private final BooleanSupplier mayReply;
    private final Consumer<R> release;
    private final Consumer<R> drop;
    private final ArrayDeque<Group<R>> closed = new ArrayDeque<>();
    private long lastOffset;
    private long durableOffset;
    private int parkedCount;
    private long groups;

    /// @param durableOffset the log's end
    /// @param mayReply asked whenever something could leave: whether the lease holds
    /// @param release what becomes of something that may be told
    /// @param drop what becomes of something that never will be
    public Tracker(
            long durableOffset, BooleanSupplier mayReply, Consumer<R> release, Consumer<R> drop) {
        this.durableOffset = durableOffset;
        this.mayReply = mayReply;
        this.release = release;
        this.drop = drop;
    }

    /// One lane's open group: what it has read since its last barrier.
    public final class Open {
        private Group<R> group = newGroup();

        private Open() {}

        /// Which group it is that is open now. No two groups of a tracker have the same.
        public long group() {
            return group.id;
        }

        /// Parks something under this lane's next barrier.
        public void park(R what) {
            group.parked.add(what);
            parkedCount++;
        }

        /// Counts one that leaves with something which is parked here already, so that it needs no
        /// place of its own.
        public void count() {
            group.counted++;
            parkedCount++;
        }

        /// The barrier's reply has been read: everything parked here is covered by `offset`.
        public void barrier(long offset) {
            if (group.parked.isEmpty()) {
                return;
            }
            var full = group;
            group = newGroup();
            lastOffset = Math.max(lastOffset, offset);
            full.offset = lastOffset;
            closed.addLast(full);
            releaseDurable();
        }

        /// Takes over what is parked in a group of the same tracker, which is empty then.
        public void absorb(Open other) {
            group.parked.addAll(0, other.group.parked);
            group.counted += other.group.counted;
            other.group = newGroup();
        }

        /// Drops what is parked here.
        public void drop() {
            parkedCount -= group.size();
            group.parked.forEach(drop);
            group = newGroup();
        }
    }

    /// Begins a lane.
    public Open open() {
        return new Open();
    }

    /// Everything before `offset` is durable. Told again, with the same offset, when the node may
    /// reply again.
    public void durable(long offset) {
        durableOffset = Math.max(durableOffset, offset);
        releaseDurable();
    }

    /// How much is parked, what is only counted included.
    public int parkedCount() {
        return parkedCount;
    }

    /// Drops every closed group; nothing of them is ever told.
    public void dropAll() {
        for (var group : closed) {
            parkedCount -= group.size();
            group.parked.forEach(drop);
        }
        closed.clear();
    }

    private Group<R> newGroup() {
        return new Group<>(++groups);
    }

    private void releaseDurable() {
        for (var group = closed.peekFirst();
                group != null && group.offset <= durableOffset && mayReply.getAsBoolean();
                group = closed.peekFirst()) {
            closed.removeFirst();
            parkedCount -= group.size();
            checkState(parkedCount >= 0, "%d replies are parked", parkedCount);
            group.parked.forEach(release);
        }
    }
}
