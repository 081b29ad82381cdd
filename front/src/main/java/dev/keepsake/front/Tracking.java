package dev.keepsake.front;

import dev.keepsake.resp.RespValue;
import dev.keepsake.resp.RespWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Whether the engine remembers which keys a client reads, and which connection gets the
/// invalidation messages. Owned by the node's event loop; no I/O.
///
/// The engine decides whether tracking is on; this class follows the engine's replies, not the
/// client's requests.
final class Tracking {
    private boolean on;
    private boolean broadcast;
    private boolean broken;
    private String rules = "";
    private @Nullable Client target;
    private @Nullable TrackingRequest asked;

    boolean isOn() {
        return on;
    }

    /// As in CLIENT LIST.
    String flags() {
        return (on ? "t" : "") + (broken ? "R" : "") + (on && broadcast ? "B" : "");
    }

    /// The id of the client that gets the messages: 0 for the client itself, -1 while tracking is
    /// off.
    long redirection() {
        if (!on) {
            return -1;
        }
        return target == null ? 0 : target.id();
    }

    /// The other connection that gets the messages, even if it is closed by now. Messages may come
    /// before the reply that confirms the request.
    @Nullable Client target() {
        return target == null && asked != null ? asked.target() : target;
    }

    /// Whether the messages are for another connection, as far as the engine has confirmed that.
    boolean isForAnother() {
        return target != null;
    }

    /// The engine is being asked to change the tracking.
    ///
    /// @param aclRules the rules of the user who asks
    void ask(TrackingRequest request, String aclRules) {
        asked = request;
        rules = aclRules;
    }

    /// The rules with which the messages for all keys with a prefix were requested, or null when
    /// they were not. Under other rules, the user may not have a right to these keys.
    @Nullable String rulesOfBroadcast() {
        return on && broadcast ? rules : null;
    }

    /// The engine has answered.
    void onAnswered(boolean agreed) {
        var request = asked;
        asked = null;
        if (agreed && request != null) {
            on = request.isOn();
            broadcast = on && request.isBroadcast();
            target = on ? request.target() : null;
            broken = false;
        }
    }

    /// The connection that gets the messages is closed.
    void breakOff() {
        broken = true;
    }

    /// Tracking ends with the lane on which it was requested.
    void end() {
        on = false;
        broadcast = false;
        broken = false;
        target = null;
        asked = null;
    }

    /// The answer to CLIENT TRACKINGINFO, in which the engine names a lane.
    ByteBuf describedBy(ByteBuf reply, int protocol) {
        var heard = target;
        if (heard == null
                || !(RespValue.decode(reply.duplicate())
                        instanceof RespValue.ArrayReply(List<RespValue> items))
                || items.size() != 6
                || !(items.get(1) instanceof RespValue.ArrayReply(List<RespValue> flags))
                || !(items.get(5) instanceof RespValue.ArrayReply(List<RespValue> prefixes))) {
            return reply;
        }
        var shown = new ArrayList<RespValue>(flags);
        if (broken) {
            shown.add(new RespValue.SimpleString("broken_redirect"));
        }
        var out = Unpooled.buffer();
        RespWriter.map(out, 3, protocol);
        RespWriter.bulk(out, "flags");
        RespWriter.set(out, shown.size(), protocol);
        shown.forEach(flag -> write(flag, out));
        RespWriter.bulk(out, "redirect");
        RespWriter.integer(out, heard.id());
        RespWriter.bulk(out, "prefixes");
        RespWriter.array(out, prefixes.size());
        prefixes.forEach(prefix -> write(prefix, out));
        return out;
    }

    private static void write(RespValue word, ByteBuf out) {
        switch (word) {
            case RespValue.Bulk bulk -> RespWriter.bulk(out, bulk.bytes());
            case RespValue.SimpleString(String text) -> RespWriter.bulk(out, text);
            default -> throw new IllegalStateException("neither a string nor a status: " + word);
        }
    }
}
