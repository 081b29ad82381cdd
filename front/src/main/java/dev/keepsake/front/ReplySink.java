package dev.keepsake.front;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/// Takes the replies of lanes for one client. Owned by the node's event loop.
interface ReplySink {
    /// Whether its connection is closed, so that nothing can be sent to it.
    boolean isClosed();

    /// Whether the client does not want the next reply. Pushes are not replies. The client says so
    /// while nothing is under way, so the unwanted reply is the first one that comes.
    boolean swallowsReply();

    /// Whether a reply waits for the log. Each later one has to wait behind it.
    boolean hasParked();

    /// Copies a reply that depends on data and may be sent. It is sent only while the node holds
    /// its lease: see [Outbox#flush].
    void tell(ByteBuf reply);

    /// Takes a reply of the client's own lane: it is sent, or waits.
    ///
    /// @param patience how long it waits for a log without room; if NONE, the reply reveals no data
    /// @param push whether it is a push, and no reply
    void takeOfOwnLane(ByteBuf reply, Patience patience, boolean push);

    /// Copies a reply that has to wait.
    ///
    /// @return what is to be released or dropped, or null when it does not wait for the log
    @Nullable Parked park(ByteBuf reply, Patience patience);

    /// Lets a large reply wait that is kept as it came.
    Parked park(KeptReply reply, Patience patience);

    /// Takes a place for a reply that the client does not want.
    ///
    /// @param group the tracker's group in which it is to be parked
    /// @return what is to be parked there, or null when the last place serves for this reply too
    @Nullable Parked parkUnwanted(long group, Patience patience);

    /// A large reply is about to be passed on: nothing may come between its pieces.
    void beginLarge();

    /// Sends a piece of it. The buffer becomes this client's.
    void passOn(ByteBuf piece);

    /// All of it has been passed on.
    void endLarge();

    /// A command of the client has been replied to.
    void onReplied();

    /// Closes the connection so that the client sees a failure. Otherwise the client would take the
    /// next reply for the missing one.
    void reset();
}
