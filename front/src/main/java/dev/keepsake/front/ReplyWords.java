package dev.keepsake.front;

import io.netty.buffer.ByteBuf;

/// Puts the node's words into replies of its engine. Owned by the node's event loop.
interface ReplyWords {
    /// A reply of the engine as the node gives it.
    ///
    /// @param kind what is expected of it
    /// @param protocol the version of RESP that it is in
    ByteBuf ofTheNode(ExpectedReplies.Kind kind, ByteBuf reply, int protocol);

    /// What a replica answers to a script call with keys of this slot.
    ByteBuf sentOn(ByteBuf reply, int slot);
}
