package dev.keepsake.shard;

import static dev.keepsake.core.Checks.checkState;

import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Decides whether a reply of a node's engine may be sent to a client. Owned by the node's event
/// loop; no I/O.
///
/// | role | data in the engine | replies |
/// | --- | --- | --- |
/// | follows | only data that is in the log | may be sent |
/// | prepares to lead | only data that is in the log, until clients are served | none arrive yet |
/// | leads | also data that is not in the log yet | wait until the data they reveal is in the log, and are sent only while the lease holds |
///
/// A reply to a read of a clean key reveals only data that is in the log, so it does not wait.
///
/// Decision 24 (docs/decisions) says why this is a class without I/O.
///
/// @param <R> the type of parked replies
public final class Durability<R> {
    private enum Role {
        FOLLOWS,
        PREPARES,
        LEADS
    }

    /// Whether the engine deletes keys that no command names.
    private enum Eviction {
        NONE,
        EXPECTED,
        /// A client has switched eviction on. It is not known when that ends.
        ALLOWED
    }

    private final HoldRule hold;
    private final Consumer<R> release;
    private final Consumer<R> drop;
    private final DirtyKeys dirtyKeys = new DirtyKeys();
    private Role role = Role.FOLLOWS;
    private Eviction eviction = Eviction.NONE;
    private BooleanSupplier lease = () -> false;
    private @Nullable Tracker<R> tracker;
    private long durableOffset;
    private long parkedBytes;

    /// @param release sends a reply
    /// @param drop discards a reply that is never sent
    public Durability(HoldRule hold, Consumer<R> release, Consumer<R> drop) {
        this.hold = hold;
        this.release = release;
        this.drop = drop;
    }

    // ---- the role

    /// Prepares the node to lead: replies can be parked from now on.
    ///
    /// @param leaseHolds whether the lease holds; asked again for each group of replies
    public void prepare(BooleanSupplier leaseHolds) {
        checkState(tracker == null, "the node leads already");
        role = Role.PREPARES;
        lease = leaseHolds;
        tracker = new Tracker<>(durableOffset, this::mayReply, release, drop);
    }

    /// Makes the node a leader: clients are served.
    public void lead() {
        checkState(role == Role.PREPARES, "the node has not prepared to lead");
        role = Role.LEADS;
    }

    /// Ends the node's leadership: parked replies are dropped, and no key is dirty.
    public void end() {
        role = Role.FOLLOWS;
        lease = () -> false;
        if (tracker != null) {
            tracker.dropAll();
            tracker = null;
        }
        parkedBytes = 0;
        dirtyKeys.clear();
    }

    /// Stops sending all replies that depend on data, although the node stays the leader.
    public void fallSilent() {
        lease = () -> false;
    }

    /// The groups of parked replies, or null while the node does not lead.
    public @Nullable Tracker<R> tracker() {
        return tracker;
    }

    // ---- what may be sent

    /// Whether replies wait for the log.
    public boolean holdsReplies() {
        return role == Role.LEADS && hold != HoldRule.NOTHING;
    }

    /// Whether the node leads and its lease holds at this moment.
    public boolean mayReply() {
        return lease.getAsBoolean();
    }

    /// Whether replies that depend on data may be sent to clients at this moment.
    public boolean mayTell() {
        return !holdsReplies() || mayReply();
    }

    /// Whether a reply may be sent at once when it arrives from the engine.
    ///
    /// @param clean whether the reply reveals only data that is in the log
    /// @param behindParked whether an earlier reply of the same client waits
    public boolean mayLeave(boolean clean, boolean behindParked) {
        return !holdsReplies() || (clean && !behindParked && mayReply());
    }

    /// Whether a read of the key reveals only data that is in the log.
    public boolean isClean(long keyHash) {
        return hold == HoldRule.WRITES_ONLY || !(isEvicting() || dirtyKeys.contains(keyHash));
    }

    /// The keys with writes that are not in the log yet.
    public DirtyKeys dirtyKeys() {
        return dirtyKeys;
    }

    // ---- eviction

    /// Whether the engine may delete keys that no command names. While it may, every read waits, so
    /// that no client learns of a deletion before the deletion is in the log.
    public boolean isEvicting() {
        return eviction != Eviction.NONE;
    }

    /// Sets whether the engine evicts keys from now on, according to its parameters.
    public void expectEvictions(boolean expected) {
        if (eviction != Eviction.ALLOWED) {
            eviction = expected ? Eviction.EXPECTED : Eviction.NONE;
        }
    }

    /// Records that a client may have switched eviction on. Its end is never reported, so this is
    /// for the rest of the node's life.
    public void allowEvictions() {
        eviction = Eviction.ALLOWED;
    }

    // ---- the log

    /// Reports that everything before `offset` is in the log, and releases the replies that have
    /// waited for it.
    public void durable(long offset) {
        durableOffset = Math.max(durableOffset, offset);
        releaseDurable();
    }

    /// Releases the replies whose data is in the log. Call it when the lease has been renewed.
    public void releaseDurable() {
        if (tracker != null) {
            tracker.durable(durableOffset);
        }
    }

    /// The durable offset: everything before it is in the log.
    public long durableOffset() {
        return durableOffset;
    }

    // ---- size of the parked replies

    /// Adds to the number of parked bytes; negative when replies have been released.
    public void countParked(long bytes) {
        parkedBytes += bytes;
    }

    public long parkedBytes() {
        return parkedBytes;
    }

    public int parkedCount() {
        return tracker == null ? 0 : tracker.parkedCount();
    }
}
