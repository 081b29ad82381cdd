package dev.keepsake.front;

import org.jspecify.annotations.Nullable;

/// The lane that one client has for itself, while it has one, and what it listens to: when it gets
/// a lane, when it gives it back, and what is remembered for it while there is no engine. Owned by
/// the node's event loop; no I/O.
///
/// | state | ends when |
/// | --- | --- |
/// | shares lanes | it needs one of its own, and nothing of it is under way |
/// | has a lane | the engine keeps nothing for it any more; or it leaves; or the lane is lost |
/// | parts from a lane | all is told that the engine had said |
/// | is between engines | the node serves again |
///
/// Who parts from a lane is between engines at the same time, and may be so for longer.
///
/// @param <L> what its lanes are
final class OwnLaneUse<L extends OwnLaneUse.Lane> {
    /// What the names may take together that a client listens to while there is no engine.
    static final int REMEMBERED_MAX_BYTES = 1 << 20;

    /// What a lane has to be able to.
    interface Lane {
        /// Whether a change of subscriptions is not confirmed yet: nothing else may be sent.
        boolean isChanging();

        /// Whether the engine owes the client nothing, and keeps nothing of it.
        boolean isQuiet();

        /// Whether the engine owes the client nothing, and keeps nothing of it but what it listens
        /// to.
        boolean isOnlyListening();

        /// Whether the client listens to anything, or is about to.
        boolean isSubscribedAtAll();

        /// RESP2 clients with subscriptions may only change those.
        boolean isSubscribed();

        /// How many channels, patterns or shard channels the client listens to.
        ///
        /// @param kind `subscribe`, `psubscribe` or `ssubscribe`
        int subscriptions(String kind);

        /// How much of the heap it takes to know what the client listens to, about.
        long heapBytes();

        /// Whether the client's commands are not to count as uses of the keys.
        void touchNothing(boolean wished);

        /// Ends what the client listens to of the channels of its shard.
        void endShardSubscriptions();

        /// Sends nothing more, but tells yet what the engine has said.
        ///
        /// @return what the client listens to, for its next lane
        Subscriptions part();

        /// The client is gone.
        void abandon();
    }

    /// Where lanes come from, for the user that the client is and the RESP that it speaks.
    ///
    /// @param <L> what they are
    interface Lanes<L> {
        /// Whether there is one.
        boolean hasOne();

        /// Lends one to the client.
        L take();

        void giveBack(L lane);
    }

    /// What matters of the client.
    interface Client {
        /// Whether a command of it is under way.
        boolean isAwaiting();

        /// Whether replies to it wait to be sent.
        boolean isOwedReplies();

        boolean isClosed();

        /// Whether it is closed once it has been sent what is there for it.
        boolean isEnding();

        boolean isInTransaction();

        boolean isWatching();

        boolean isTracking();

        /// Whether a large command of it is arriving.
        boolean isSendingLarge();

        /// Whether its commands are not to count as uses of the keys.
        boolean touchesNothing();

        /// Which version of RESP it speaks.
        int protocol();
    }

    private final Client client;
    private final Lanes<L> lanes;
    private @Nullable L own;
    private @Nullable L parting;
    private boolean betweenEngines;
    private boolean full;
    private boolean shardSubscriptionsEnd;
    private @Nullable Subscriptions remembered; // which no engine knows of yet

    OwnLaneUse(Client client, Lanes<L> lanes) {
        this.client = client;
        this.lanes = lanes;
    }

    // ---- the lane

    /// The lane that it has, or null.
    @Nullable L lane() {
        return own;
    }

    /// Whether it has one.
    boolean isOn() {
        return own != null;
    }

    /// Whether nothing may be sent now.
    boolean isChanging() {
        return parting != null || (own != null && own.isChanging());
    }

    /// Whether the engine is behind with what the lane has been sent.
    boolean isFull() {
        return full;
    }

    /// The engine is behind with that, or no longer is.
    void full(boolean isFull) {
        full = isFull;
    }

    /// The lane that it has from now on, or null as long as it has none because something is under
    /// way elsewhere.
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

    /// Whether it needs one, and there is none.
    boolean isOutOfLanes() {
        return own == null && !client.isAwaiting() && !lanes.hasOne();
    }

    /// Gives the lane back if the engine keeps nothing for the client any more.
    ///
    /// @return whether it has done so
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

    /// Whether the engine keeps something for it beside what it listens to.
    private boolean keepsState() {
        return client.isInTransaction()
                || client.isWatching()
                || client.isTracking()
                || client.isSendingLarge();
    }

    /// Leaves all lanes, and listens to nothing any more.
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
            full = false; // it tells nobody any more
        }
    }

    /// The engine has closed the lane.
    void onLost() {
        own = null;
    }

    // ---- between two engines

    /// Leaves an engine that is about to become a primary, if the engine keeps nothing of the
    /// client but what it listens to. That is remembered, and the engine told of it when it serves
    /// again. Until all has been told that the engine has said before, the lane [#isChanging].
    ///
    /// @return false when more would be lost
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

    /// A lane has told all that the engine had said.
    ///
    /// @return whether the client has waited for that
    boolean onParted(L lane) {
        boolean waited = lane.equals(parting);
        if (waited) {
            parting = null;
        }
        return waited;
    }

    /// Whether the client has been told what it listens to, and no engine knows of that at present.
    boolean isBetweenEngines() {
        return betweenEngines;
    }

    /// Where to note what the client listens to while there is no engine.
    ///
    /// @param lengthBytes how long the command is that says so
    /// @return null when that is too much
    @Nullable Subscriptions remember(int lengthBytes) {
        var kept = remembered == null ? new Subscriptions() : remembered;
        if (kept.weightBytes() + lengthBytes > REMEMBERED_MAX_BYTES) {
            return null;
        }
        remembered = kept;
        return kept;
    }

    /// What the engine that serves from now on is to be told, or null.
    @Nullable Subscriptions recall() {
        var kept = remembered;
        remembered = null;
        betweenEngines = false;
        return kept == null || kept.isEmpty() ? null : kept;
    }

    // ---- what it listens to

    /// How many channels, patterns or shard channels it listens to.
    ///
    /// @param kind `subscribe`, `psubscribe` or `ssubscribe`
    int subscriptions(String kind) {
        if (remembered != null) {
            return remembered.count(kind);
        }
        return own == null ? 0 : own.subscriptions(kind);
    }

    /// Whether it listens to anything.
    boolean isListening() {
        return subscriptions("subscribe")
                        + subscriptions("psubscribe")
                        + subscriptions("ssubscribe")
                > 0;
    }

    /// Whether it has subscriptions and speaks RESP2, and so may only change those.
    boolean onlyListens() {
        return own == null
                ? remembered != null && client.protocol() == 2 && isListening()
                : own.isSubscribed();
    }

    /// Whether the engine remembers channels for it that it would not hear of without the lane.
    boolean isSubscribedAtAll() {
        return own != null && own.isSubscribedAtAll();
    }

    /// What that takes of the heap, about.
    long heapBytes() {
        return (remembered == null ? 0 : remembered.weightBytes())
                + (own == null ? 0 : own.heapBytes());
    }

    /// Another node leads the shard: as soon as nothing is under way, the client listens to none of
    /// its channels any more.
    void endShardSubscriptions() {
        shardSubscriptionsEnd = subscriptions("ssubscribe") > 0;
    }

    /// Has the engine end them if that is due.
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
