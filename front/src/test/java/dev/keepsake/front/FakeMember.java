package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.keepsake.resp.RespValue;
import dev.keepsake.resp.RespWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A client of a node without a connection, whose state a test sets. Its replies go to its
/// [FakeOutlet].
final class FakeMember implements Clients.Member {
    final FakeOutlet wire = new FakeOutlet(new StringBuilder());
    final Session session = new Session();
    final StringBuilder heard = new StringBuilder();
    final Watches watches = new Watches();
    private final long id;
    private final ReplyQueue replies;
    String closedFor = "";
    String refusedWith = "";
    String type = "normal";
    String address = "127.0.0.1:1000";
    String flags = "N";
    boolean disconnected;
    boolean subscribed;
    boolean awaitsReplies;
    boolean answered = true;
    boolean betweenEngines;
    boolean heldByPause;
    boolean hearsTooMuch;
    boolean asking;
    long idInEngine;
    long redirection = -1;
    long idleNs;
    long ageSeconds;
    long unsentBytes;
    long inputBytes;
    long stuckBytes;
    long heapBytes;
    int looked;
    int resumed;
    int roomGiven;
    boolean shardSubscriptionsEnd;

    FakeMember(long id, ReplyQueue.Rules node) {
        this.id = id;
        this.replies = new ReplyQueue(node, wire);
        session.user(AccessUser.DEFAULT_NAME);
    }

    @Override
    public long id() {
        return id;
    }

    @Override
    public Session session() {
        return session;
    }

    @Override
    public ReplyQueue replies() {
        return replies;
    }

    @Override
    public boolean isClosed() {
        return wire.isClosed() || disconnected;
    }

    @Override
    public void disconnect() {
        disconnected = true;
    }

    @Override
    public void reset() {
        wire.reset();
    }

    @Override
    public String user() {
        return String.valueOf(session.user());
    }

    @Override
    public @Nullable String newcomer() {
        return AccessUser.DEFAULT_NAME;
    }

    @Override
    public String address() {
        return address;
    }

    @Override
    public String localAddress() {
        return "127.0.0.1:6379";
    }

    @Override
    public String type() {
        return type;
    }

    @Override
    public String describe() {
        return "id=" + id;
    }

    @Override
    public boolean shows(String field, String value) {
        return switch (field) {
            case "addr" -> value.equals(address);
            case "laddr" -> value.equals(localAddress());
            case "name" -> value.equals(session.name());
            case "lib-name" -> value.equals(session.libraryName());
            case "lib-ver" -> value.equals(session.libraryVersion());
            default -> false;
        };
    }

    @Override
    public boolean isSince(String field, long seconds) {
        return ageSeconds >= seconds;
    }

    @Override
    public boolean hasFlag(int flag) {
        return flags.indexOf(flag) >= 0;
    }

    @Override
    public long redirection() {
        return redirection;
    }

    @Override
    public long idInEngine() {
        return idInEngine;
    }

    @Override
    public boolean isHeldByPause() {
        return heldByPause;
    }

    @Override
    public Watches watches() {
        return watches;
    }

    @Override
    public boolean isAwaiting() {
        return asking;
    }

    @Override
    public void beginAsking() {
        asking = true;
    }

    @Override
    public void answerLater(Patience patience, Consumer<ByteBuf> answer) {
        asking = false;
        var out = Unpooled.buffer();
        answer.accept(out);
        replies.answerLate(out, patience);
    }

    @Override
    public void answerFrom(RespValue ofEngine, Patience patience, Consumer<ByteBuf> answer) {
        answerLater(
                patience,
                out -> {
                    if (ofEngine instanceof RespValue.ErrorReply(String error)) {
                        RespWriter.error(out, error);
                    } else {
                        answer.accept(out);
                    }
                });
    }

    @Override
    public Taken refuse(String error) {
        refusedWith = error;
        return Taken.REFUSED;
    }

    @Override
    public Taken answerOk() {
        var out = Unpooled.buffer();
        RespWriter.simpleString(out, "OK");
        replies.answer(out);
        return Taken.DONE;
    }

    @Override
    public Taken rememberSubscriptions(Command command) {
        subscribed = true;
        return Taken.DONE;
    }

    @Override
    public void forget() {
        replies.unmute();
    }

    @Override
    public void hear(ByteBuf push) {
        heard.append(push.toString(US_ASCII));
    }

    @Override
    public void onReadingChanged() {
        looked++;
    }

    @Override
    public boolean awaitsReplies() {
        return awaitsReplies;
    }

    @Override
    public boolean isAnswered() {
        return answered;
    }

    @Override
    public boolean isBetweenEngines() {
        return betweenEngines;
    }

    @Override
    public boolean partFromEngine() {
        return betweenEngines;
    }

    @Override
    public void resumeSubscriptions() {
        resumed++;
    }

    @Override
    public void endShardSubscriptions() {
        shardSubscriptionsEnd = true;
    }

    @Override
    public boolean isSubscribed() {
        return subscribed;
    }

    @Override
    public boolean hearsBeyondItsRights() {
        return hearsTooMuch;
    }

    @Override
    public long unsentBytes() {
        return isClosed() ? 0 : unsentBytes;
    }

    @Override
    public boolean leavesTooMuch(ClientLimits.Output limit, long nowNs) {
        return limit.hardBytes() > 0 && unsentBytes > limit.hardBytes();
    }

    @Override
    public boolean isIdle(long limitNs, long nowNs) {
        return idleNs >= limitNs;
    }

    @Override
    public void refuseConnection(String error) {
        refusedWith = error;
    }

    @Override
    public long inputBytes() {
        return inputBytes;
    }

    @Override
    public long stuckBytes() {
        return stuckBytes;
    }

    @Override
    public long otherBytes() {
        return unsentBytes();
    }

    @Override
    public long heapBytes() {
        return isClosed() ? 0 : heapBytes;
    }

    @Override
    public boolean isSpared() {
        return session.spared();
    }

    @Override
    public void onRoom() {
        roomGiven++;
    }

    @Override
    public void closeFor(String reason) {
        closedFor = reason;
        wire.reset();
    }
}
