package dev.keepsake.front;

import org.jspecify.annotations.Nullable;

/// A client as [Admission] sees it: the default user, with nothing under way, unless a test sets
/// something else.
final class FakeClient implements Admission.Client {
    boolean promisedAnswer;
    boolean awaiting;
    boolean laneChanging;
    boolean ownLane;
    boolean listens;
    boolean readsFromReplicas;
    boolean touchesNothing;
    @Nullable String user = AccessUser.DEFAULT_NAME;
    @Nullable Transaction transaction;
    @Nullable String refusalOfLarge;
    @Nullable ScriptReading script;

    /// The client has said MULTI, and has queued these commands.
    void queue(Command... commands) {
        var open = new Transaction();
        for (var command : commands) {
            open.queue(command.spec(), command.weightBytes(), null);
        }
        transaction = open;
        ownLane = true;
    }

    /// The client has said MULTI while no engine served.
    void beginUnserved() {
        transaction = new Transaction();
    }

    @Override
    public boolean isPromisedAnswer() {
        return promisedAnswer;
    }

    @Override
    public boolean isAwaiting() {
        return awaiting;
    }

    @Override
    public boolean isLaneChanging() {
        return laneChanging;
    }

    @Override
    public boolean hasOwnLane() {
        return ownLane;
    }

    @Override
    public @Nullable String user() {
        return user;
    }

    @Override
    public boolean onlyListens() {
        return listens;
    }

    @Override
    public boolean readsFromReplicas() {
        return readsFromReplicas;
    }

    @Override
    public boolean touchesNothing() {
        return touchesNothing;
    }

    @Override
    public @Nullable Transaction transaction() {
        return transaction;
    }

    @Override
    public @Nullable String refusalOfLarge() {
        return refusalOfLarge;
    }

    @Override
    public @Nullable ScriptReading script() {
        return script;
    }
}
