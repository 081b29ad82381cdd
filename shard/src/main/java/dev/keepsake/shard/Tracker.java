package dev.keepsake.shard;

import static dev.keepsake.core.Checks.checkState;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/// Keeps parked replies until their offset is durable and the node may reply. Owned by the node's
/// event loop; no I/O.
///
/// A reply that arrives is parked in the open group of its lane. A barrier closes the group: its
/// offset covers every command whose reply is in the group. Groups are released in order, each one
/// as soon as the log is durable up to its offset. The barriers of several lanes may be answered
/// out of order. An offset that is lower than the previous group's is raised to it: waiting longer
/// is always safe, and one queue keeps the order.
///
/// Durable is not enough. A primary whose lease is over may have been replaced without knowing it,
/// and its replies would reveal outdated data. So the tracker checks the lease for each group that
/// it releases, whichever event triggers the release. Groups that may not be sent wait for the next
/// [#durable].
///
/// @param <R> the type of parked replies
public final class Tracker<R> {
    private static final class Group<R> {
        final List<R> parked = new ArrayList<>();
        final long id;
        int counted; // in addition to those in the list
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

    /// @param durableOffset the durable end of the log
    /// @param mayReply whether the lease holds; asked for each group
    /// @param release sends a reply
    /// @param drop discards a reply that is never sent
    public Tracker(
            long durableOffset, BooleanSupplier mayReply, Consumer<R> release, Consumer<R> drop) {
        this.durableOffset = durableOffset;
        this.mayReply = mayReply;
        this.release = release;
        this.drop = drop;
    }

    /// The open group of one lane: the replies that it has read since its last barrier.
    public final class Open {
        private Group<R> group = newGroup();

        private Open() {}

        /// The id of the group that is open now. No two groups of a tracker have the same id.
        public long group() {
            return group.id;
        }

        /// Parks a reply until this lane's next barrier.
        public void park(R what) {
            group.parked.add(what);
            parkedCount++;
        }

        /// Counts a reply that is sent together with one that is parked here, and so needs no place
        /// of its own.
        public void count() {
            group.counted++;
            parkedCount++;
        }

        /// Closes the group, because the barrier's reply has been read: `offset` covers all replies
        /// in it.
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

        /// Moves all replies from another open group of this tracker to this one.
        public void absorb(Open other) {
            group.parked.addAll(0, other.group.parked);
            group.counted += other.group.counted;
            other.group = newGroup();
        }

        /// Drops the replies of this group.
        public void drop() {
            parkedCount -= group.size();
            group.parked.forEach(drop);
            group = newGroup();
        }
    }

    /// Opens a group for a new lane.
    public Open open() {
        return new Open();
    }

    /// Reports that everything before `offset` is durable, and releases the groups up to it. Call
    /// it again, with the same offset, when the node may reply again.
    public void durable(long offset) {
        durableOffset = Math.max(durableOffset, offset);
        releaseDurable();
    }

    /// How many replies are parked, including those that are only counted.
    public int parkedCount() {
        return parkedCount;
    }

    /// Drops every closed group. Their replies are never sent.
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
