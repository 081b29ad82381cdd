package dev.keepsake.front;

import dev.keepsake.resp.RespValue;
import io.netty.buffer.ByteBuf;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A client of a node, as those see it who answer its commands or tell others of it. Owned by the
/// node's event loop.
interface Client {
    long id();

    Session session();

    /// What it is owed.
    ReplyQueue replies();

    /// Whether nothing is sent to it any more.
    boolean isClosed();

    /// Closes its connection.
    void disconnect();

    // ---- what it is

    /// The user that it is. To be asked only of who has said so.
    String user();

    /// Who it is as long as it has not said so, or null when that is nobody.
    @Nullable String newcomer();

    /// Where it connects from, `host:port`.
    String address();

    /// What it is connected to.
    String localAddress();

    /// `pubsub` while it listens to channels, else `normal`.
    String type();

    /// The line that CLIENT LIST has of it.
    String describe();

    /// Whether a field of that line has this value.
    boolean shows(String field, String value);

    /// Whether a field of it that counts seconds has come so far.
    boolean isSince(String field, long seconds);

    /// Whether it has this flag.
    boolean hasFlag(int flag);

    /// The connection that is told what has changed of the keys that this one reads: 0 for this one
    /// itself, -1 for none.
    long redirection();

    /// What the engine calls the lane that it has for itself, or 0.
    long idInEngine();

    /// Whether what it has asked for is held back as CLIENT PAUSE wants it.
    boolean isHeldByPause();

    /// The keys that it watches.
    Watches watches();

    // ---- its commands

    /// Whether a command of it is under way.
    boolean isAwaiting();

    /// Somebody is asked for the answer to this command, which is the only one under way; the next
    /// one is taken when it is there.
    void beginAsking();

    /// Answers a command that could not be answered at once. The answer waits like any other until
    /// all that has been executed so far is durable, unless it is that the engine is busy.
    ///
    /// @param patience how long it waits for a log without room
    void answerLater(Patience patience, Consumer<ByteBuf> answer);

    /// Answers a command by what the engine was asked for it: with the engine's error, if it is
    /// one.
    void answerFrom(RespValue ofEngine, Patience patience, Consumer<ByteBuf> answer);

    /// Answers an error, in order; inside a transaction the transaction fails with it.
    Taken refuse(String error);

    /// Answers `OK`.
    Taken answerOk();

    /// Redis takes subscriptions while it is loading. Here they are kept until there is an engine,
    /// which then is told.
    Taken rememberSubscriptions(Command command);

    /// Forgets all that it has begun on this connection.
    void forget();

    /// Takes what has changed of the keys that another client tracks for it.
    ///
    /// @param push as the engine has said it in RESP3; the buffer stays the caller's
    void hear(ByteBuf push);
}
