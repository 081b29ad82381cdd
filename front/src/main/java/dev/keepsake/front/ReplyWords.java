package dev.keepsake.front;

import io.netty.buffer.ByteBuf;

/// Replaces what an engine says about itself in its replies by the node's words. Owned by the
/// node's event loop.
interface ReplyWords {
    /// A reply of the engine in the node's words.
    ///
    /// @param kind the kind of the expected reply
    /// @param protocol the version of RESP of the reply
    ByteBuf ofTheNode(ExpectedReplies.Kind kind, ByteBuf reply, int protocol);

    /// A replica's answer to a script call with keys of this slot.
    ByteBuf sentOn(ByteBuf reply, int slot);
}
