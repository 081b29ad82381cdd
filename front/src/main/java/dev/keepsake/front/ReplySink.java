package dev.keepsake.front;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/// Where a lane puts the replies for one client. Owned by the node's event loop.
interface ReplySink {
    /// Whether nothing is sent to the client any more.
    boolean isClosed();

    /// Whether the client does not want the reply that comes next. News are no replies. Nothing is
    /// under way when it says so, so what it does not want is the first reply that comes.
    boolean swallowsReply();

    /// Whether a reply waits for the log. Each later one has to wait behind it.
    boolean hasParked();

    /// Copies a reply that tells of the data and may be sent. It is sent only while the node holds
    /// its lease: see [Outbox#flush].
    void tell(ByteBuf reply);

    /// Takes a reply of the lane that the client has for itself: it is sent, or waits.
    ///
    /// @param patience how long it waits for a log without room; when none, it tells nothing
    /// @param push whether it is news, and no reply
    void takeOfOwnLane(ByteBuf reply, Patience patience, boolean push);

    /// Copies a reply that has to wait.
    ///
    /// @return what is to be released or dropped, or null when it does not wait for the log
    @Nullable Parked park(ByteBuf reply, Patience patience);

    /// Lets a large reply wait that is kept as it came.
    Parked park(KeptReply reply, Patience patience);

    /// Takes a place for a reply that is not wanted.
    ///
    /// @param group of the tracker, in which it is to be parked
    /// @return what is to be parked there, or null when the last place will do for this one too
    @Nullable Parked parkUnwanted(long group, Patience patience);

    /// A large reply is about to be passed on: nothing may come between its pieces.
    void beginLarge();

    /// Sends a piece of it, which is this client's from now on.
    void passOn(ByteBuf piece);

    /// All of it has been passed on.
    void endLarge();

    /// A command of the client has been replied to.
    void onReplied();

    /// Closes the connection so that the client sees a failure: what follows would be taken for a
    /// reply that is missing.
    void reset();
}
