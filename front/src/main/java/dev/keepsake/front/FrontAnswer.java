package dev.keepsake.front;

import io.netty.buffer.ByteBuf;

/// Answers a command that is not passed on to the engine, from what the front knows ([Known]) or by
/// asking the engine ([EngineAsked]). Owned by the node's event loop.
interface FrontAnswer {
    /// An answer from what the front knows. It is given at once, or in its place in a transaction.
    interface Known extends FrontAnswer {
        /// Writes the answer.
        ///
        /// @return whether the connection stays open behind it
        boolean write(Client client, Arguments given, ByteBuf out);
    }

    /// Writes an answer behind which the connection stays open.
    interface Writer {
        void write(Client client, Arguments given, ByteBuf out);
    }
}
