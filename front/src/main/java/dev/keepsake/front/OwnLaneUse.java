package dev.keepsake.front;

import org.jspecify.annotations.Nullable;

/// The use of a lane of its own by one client: when the client gets one, when it gives it back, and
/// what is remembered of its subscriptions while there is no engine. Owned by the node's event
/// loop; no I/O.
///
/// | state | ends when |
/// | --- | --- |
/// | shares lanes | the client needs one of its own, and nothing of it is under way |
/// | has a lane | the engine keeps no more state; or the client leaves; or the lane is lost |
/// | parts from a lane | all replies that the engine had sent have been passed on |
/// | is between engines | the node serves again |
///
/// A client that parts from a lane is between engines at the same time, and may be so for longer.
///
/// @param <L> the type of its lanes
final class OwnLaneUse<L extends OwnLaneUse.Lane> {
    /// The bound for the names of a client's subscriptions while there is no engine.
    static final int REMEMBERED_MAX_BYTES = 1 << 20;

    /// What a lane has to do for its use.
    interface Lane {
        /// Whether a change of subscriptions is not confirmed yet, so that nothing else may be
        /// sent.
        boolean isChanging();

        /// Whether the engine owes the client nothing, and keeps no state for it.
        boolean isQuiet();

        /// Whether the engine owes the client nothing, and keeps nothing for it except
        /// subscriptions.
        boolean isOnlyListening();

        /// Whether the client has subscriptions, or is about to.
        boolean isSubscribedAtAll();

        /// Whether the client has subscriptions and speaks RESP2, so that it may only change those.
        boolean isSubscribed();

        /// How many channels, patterns or shard channels the client is subscribed to.
        ///
        /// @param kind `subscribe`, `psubscribe` or `ssubscribe`
        int subscriptions(String kind);

        /// About how much heap the client's subscriptions take.
        long heapBytes();

        /// Sets whether the client's commands count as uses of their keys.
        void touchNothing(boolean wished);

        /// Ends the client's subscriptions to the channels of its shard.
        void endShardSubscriptions();

        /// Sends nothing more, but passes on what the engine has sent already.
        ///
        /// @return the client's subscriptions, for its next lane
        Subscriptions part();

        /// The client has gone.
        void abandon();
    }

    /// The source of lanes, for the client's user and version of RESP.
    ///
    /// @param <L> the type of the lanes
    interface Lanes<L> {
        /// Whether a lane can be lent.
        boolean hasOne();

        /// Lends a lane to the client.
        L take();

        void giveBack(L lane);
    }

    /// The client, as far as the use of its lane depends on it.
    interface Client {
        /// Whether one of its commands is under way.
        boolean isAwaiting();

        /// Whether replies to it wait to be sent.
        boolean isOwedReplies();

        boolean isClosed();

        /// Whether it is closed once its remaining replies have been sent.
        boolean isEnding();

        boolean isInTransaction();

        boolean isWatching();

        boolean isTracking();

        /// Whether one of its large commands is arriving.
        boolean isSendingLarge();

        /// Whether its commands do not count as uses of their keys.
        boolean touchesNothing();

        /// The version of RESP that it speaks.
        int protocol();
    }

    private final Client client;
    private final Lanes<L> lanes;
    private @Nullable L own;
    private @Nullable L parting;
    private boolean betweenEngines;
    private boolean full;
    private boolean shardSubscriptionsEnd;
    private @Nullable Subscriptions remembered; // no engine knows them yet

    OwnLaneUse(Client client, Lanes<L> lanes) {
        this.client = client;
        this.lanes = lanes;
    }

    // ---- the lane

    /// The lane that it has, or null.
    @Nullable L lane() {
        return own;
    }

    /// Whether it has a lane of its own.
    boolean isOn() {
        return own != null;
    }

    /// Whether nothing may be sent now.
    boolean isChanging() {
        return parting != null || (own != null && own.isChanging());
    }

    /// Whether the engine has not taken all that it was sent over the lane.
    boolean isFull() {
        return full;
    }

    /// The engine has not taken all that, or has taken it by now.
    void full(boolean isFull) {
        full = isFull;
    }

    /// The lane that the client has from now on, or null while it cannot get one because something
    /// is under way elsewhere.
    @Nullable L take() {
        if (own == null && !client.isAwaiting()) {
            var lane = lanes.take();
            if (client.touchesNothing()) {
                lane.touchNothing(true);
            }
            own = lane;
        }
        return own;
    }

    /// Whether the client needs a lane, and there is none.
    boolean isOutOfLanes() {
        return own == null && !client.isAwaiting() && !lanes.hasOne();
    }

    /// Gives the lane back if the engine keeps no more state for the client.
    ///
    /// @return whether it did so
    boolean giveBackIfQuiet() {
        var lane = own;
        if (lane == null
                || keepsState()
                || client.touchesNothing()
                || client.isAwaiting()
                || !lane.isQuiet()) {
            return false;
        }
        own = null;
        full = false;
        lanes.giveBack(lane);
        return true;
    }

    /// Whether the engine keeps state for the client, apart from subscriptions.
    private boolean keepsState() {
        return client.isInTransaction()
                || client.isWatching()
                || client.isTracking()
                || client.isSendingLarge();
    }

    /// Leaves all lanes, and ends all subscriptions.
    void leave() {
        remembered = null;
        betweenEngines = false;
        if (parting != null) {
            parting.abandon();
            parting = null;
        }
        if (own != null) {
            own.abandon();
            own = null;
            full = false; // the lane reports to no client any more
        }
    }

    /// The engine has closed the lane.
    void onLost() {
        own = null;
    }

    // ---- between two engines

    /// Leaves an engine that is about to become a primary, if the engine keeps nothing for the
    /// client except subscriptions. These are remembered, and sent to the engine when it serves
    /// again. Until all replies that the engine had sent have been passed on, the lane
    /// [#isChanging].
    ///
    /// @return false when the client would lose more than that
    boolean part() {
        var lane = own;
        if (lane == null
                || !lane.isOnlyListening()
                || client.isClosed()
                || client.isEnding()
                || client.isAwaiting()
                || client.isOwedReplies()
                || keepsState()) {
            return false;
        }
        own = null;
        full = false;
        parting = lane;
        betweenEngines = true;
        remembered = lane.part();
        return true;
    }

    /// All replies of a lane that the client has left have been passed on.
    ///
    /// @return whether the client waited for that
    boolean onParted(L lane) {
        boolean waited = lane.equals(parting);
        if (waited) {
            parting = null;
        }
        return waited;
    }

    /// Whether the client's subscriptions have been confirmed, but no engine knows them at present.
    boolean isBetweenEngines() {
        return betweenEngines;
    }

    /// Where to note the client's subscriptions while there is no engine.
    ///
    /// @param lengthBytes the length of the command that subscribes
    /// @return null when that would be too much
    @Nullable Subscriptions remember(int lengthBytes) {
        var kept = remembered == null ? new Subscriptions() : remembered;
        if (kept.weightBytes() + lengthBytes > REMEMBERED_MAX_BYTES) {
            return null;
        }
        remembered = kept;
        return kept;
    }

    /// The subscriptions for the engine that serves from now on, or null.
    @Nullable Subscriptions recall() {
        var kept = remembered;
        remembered = null;
        betweenEngines = false;
        return kept == null || kept.isEmpty() ? null : kept;
    }

    // ---- its subscriptions

    /// How many channels, patterns or shard channels the client is subscribed to.
    ///
    /// @param kind `subscribe`, `psubscribe` or `ssubscribe`
    int subscriptions(String kind) {
        if (remembered != null) {
            return remembered.count(kind);
        }
        return own == null ? 0 : own.subscriptions(kind);
    }

    /// Whether the client has subscriptions.
    boolean isListening() {
        return subscriptions("subscribe")
                        + subscriptions("psubscribe")
                        + subscriptions("ssubscribe")
                > 0;
    }

    /// Whether the client has subscriptions and speaks RESP2, so that it may only change those.
    boolean onlyListens() {
        return own == null
                ? remembered != null && client.protocol() == 2 && isListening()
                : own.isSubscribed();
    }

    /// Whether the engine has subscriptions for the client that would end with the lane.
    boolean isSubscribedAtAll() {
        return own != null && own.isSubscribedAtAll();
    }

    /// About how much heap its subscriptions take.
    long heapBytes() {
        return (remembered == null ? 0 : remembered.weightBytes())
                + (own == null ? 0 : own.heapBytes());
    }

    /// Another node leads the shard: as soon as nothing is under way, the client's subscriptions to
    /// the shard's channels end.
    void endShardSubscriptions() {
        shardSubscriptionsEnd = subscriptions("ssubscribe") > 0;
    }

    /// Ends them in the engine, if that is due.
    ///
    /// @return whether the engine owes an answer for it now
    boolean endShardSubscriptionsIfFree() {
        var lane = own;
        if (!shardSubscriptionsEnd
                || client.isAwaiting()
                || client.isInTransaction()
                || lane == null) {
            return false;
        }
        shardSubscriptionsEnd = false;
        if (lane.subscriptions("ssubscribe") == 0 || client.isClosed()) {
            return false;
        }
        lane.endShardSubscriptions();
        return true;
    }
}
