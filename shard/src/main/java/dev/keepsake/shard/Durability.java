package dev.keepsake.shard;

import static dev.keepsake.core.Checks.checkState;

import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Whether what the engine of a node says may be sent to clients. Owned by the node's event loop;
/// no I/O.
///
/// | role | what the engine holds | replies |
/// | --- | --- | --- |
/// | follows | what is in the log, and nothing else | may be sent |
/// | prepares to lead | the same, until clients are served | are not asked for yet |
/// | leads | also what is not in the log yet | wait until what they tell is in the log, and are sent only while the lease holds |
///
/// A read of a key that is clean tells of nothing that is not in the log, so it does not wait.
///
/// Decision 24 (docs/decisions) says why it is a class without I/O.
///
/// @param <R> what is parked
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
        /// Somebody has asked the engine for it, and nobody will say when that is over.
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

    /// @param release what becomes of something that may be sent
    /// @param drop what becomes of something that never may
    public Durability(HoldRule hold, Consumer<R> release, Consumer<R> drop) {
        this.hold = hold;
        this.release = release;
        this.drop = drop;
    }

    // ---- the role

    /// The node is about to lead: replies can be parked from now on.
    ///
    /// @param leaseHolds asked for each reply
    public void prepare(BooleanSupplier leaseHolds) {
        checkState(tracker == null, "the node leads already");
        role = Role.PREPARES;
        lease = leaseHolds;
        tracker = new Tracker<>(durableOffset, this::mayReply, release, drop);
    }

    /// The node leads: clients are served.
    public void lead() {
        checkState(role == Role.PREPARES, "the node has not prepared to lead");
        role = Role.LEADS;
    }

    /// The node leads no longer: what is parked is dropped, and nothing is dirty.
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

    /// Nothing that tells of the data is sent any more, though the node goes on leading.
    public void fallSilent() {
        lease = () -> false;
    }

    /// The groups in which replies wait, or null when they do not.
    public @Nullable Tracker<R> tracker() {
        return tracker;
    }

    // ---- what may be sent

    /// Whether replies wait for the log at all.
    public boolean holdsReplies() {
        return role == Role.LEADS && hold != HoldRule.NOTHING;
    }

    /// Whether the node leads and its lease holds at this moment.
    public boolean mayReply() {
        return lease.getAsBoolean();
    }

    /// Whether clients may be sent what tells of the data.
    public boolean mayTell() {
        return !holdsReplies() || mayReply();
    }

    /// Whether a reply may be sent when it arrives from the engine.
    ///
    /// @param clean whether it tells of nothing but what is in the log
    /// @param behindParked whether an earlier reply of its client waits
    public boolean mayLeave(boolean clean, boolean behindParked) {
        return !holdsReplies() || (clean && !behindParked && mayReply());
    }

    /// Whether a read of the key tells of nothing but what is in the log.
    public boolean isClean(long keyHash) {
        return hold == HoldRule.WRITES_ONLY || !(isEvicting() || dirtyKeys.contains(keyHash));
    }

    /// The keys with writes that are not in the log yet.
    public DirtyKeys dirtyKeys() {
        return dirtyKeys;
    }

    // ---- what the engine does by itself

    /// Whether the engine may delete keys that no command names. That a key is gone is then told no
    /// sooner than it is in the log.
    public boolean isEvicting() {
        return eviction != Eviction.NONE;
    }

    /// The engine evicts from now on, or no longer.
    public void expectEvictions(boolean expected) {
        if (eviction != Eviction.ALLOWED) {
            eviction = expected ? Eviction.EXPECTED : Eviction.NONE;
        }
    }

    /// Somebody lets the engine evict, perhaps. Nobody says when that is over.
    public void allowEvictions() {
        eviction = Eviction.ALLOWED;
    }

    // ---- the log

    /// Everything before `offset` is in the log. What has waited for that is released.
    public void durable(long offset) {
        durableOffset = Math.max(durableOffset, offset);
        releaseDurable();
    }

    /// Releases what may be sent by now. To be called when the lease is longer again.
    public void releaseDurable() {
        if (tracker != null) {
            tracker.durable(durableOffset);
        }
    }

    /// Everything before it is in the log.
    public long durableOffset() {
        return durableOffset;
    }

    // ---- how much waits

    /// Bytes of replies have been parked, or, when negative, released.
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
