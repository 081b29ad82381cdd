package dev.keepsake.front;

import dev.keepsake.resp.RespValue;
import io.netty.buffer.ByteBuf;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A client of a node, for the classes that answer its commands or report it to other clients.
/// Owned by the node's event loop.
interface Client {
    long id();

    Session session();

    /// The replies that it is owed.
    ReplyQueue replies();

    /// Whether its connection is closed, so that nothing can be sent to it.
    boolean isClosed();

    /// Closes its connection.
    void disconnect();

    // ---- what it is

    /// The user of the client. To be called only when the client has logged in.
    String user();

    /// The user of a client that has not logged in, or null when such a client has no user.
    @Nullable String newcomer();

    /// The remote address of its connection, `host:port`.
    String address();

    /// The local address of its connection.
    String localAddress();

    /// `pubsub` while it has subscriptions, else `normal`.
    String type();

    /// Its line in CLIENT LIST.
    String describe();

    /// Whether a field of that line has this value.
    boolean shows(String field, String value);

    /// Whether a field of it that counts seconds has reached this value.
    boolean isSince(String field, long seconds);

    /// Whether it has this flag.
    boolean hasFlag(int flag);

    /// The connection that gets the invalidation messages for the keys that this client reads: 0
    /// for this connection itself, -1 for none.
    long redirection();

    /// The engine's number of the client's own lane, or 0.
    long idInEngine();

    /// Whether CLIENT PAUSE holds back its command.
    boolean isHeldByPause();

    /// The keys that it watches.
    Watches watches();

    // ---- its commands

    /// Whether one of its commands is under way.
    boolean isAwaiting();

    /// Another party is asked for the answer to this command, which is the only one under way. The
    /// next command is processed when that answer has arrived.
    void beginAsking();

    /// Answers a command that could not be answered at once. Like any other reply, the answer waits
    /// until all that has been executed so far is durable, unless it says that the engine is busy.
    ///
    /// @param patience how long it waits while the log has no room
    void answerLater(Patience patience, Consumer<ByteBuf> answer);

    /// Answers a command from the engine's reply to the front's question. If that reply is an
    /// error, the client gets the error.
    void answerFrom(RespValue ofEngine, Patience patience, Consumer<ByteBuf> answer);

    /// Answers with an error, in order. An open transaction fails with it.
    Taken refuse(String error);

    /// Answers `OK`.
    Taken answerOk();

    /// Redis accepts subscriptions while it is loading. Here they are remembered until an engine
    /// serves, which is then sent the same subscriptions.
    Taken rememberSubscriptions(Command command);

    /// Ends everything that it has begun on this connection.
    void forget();

    /// Takes an invalidation message for keys that another client tracks for this one.
    ///
    /// @param push as the engine sent it, in RESP3; the buffer stays the caller's
    void hear(ByteBuf push);
}
