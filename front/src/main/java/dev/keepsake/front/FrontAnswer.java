package dev.keepsake.front;

import io.netty.buffer.ByteBuf;

/// Answers a command that is not passed on to the engine, though the engine may be asked for the
/// answer. Owned by the node's event loop.
sealed interface FrontAnswer permits FrontAnswer.Known, EngineAsked {
    /// An answer from what the front knows. It is given at once, or at its place in a transaction.
    non-sealed interface Known extends FrontAnswer {
        /// Writes the answer.
        ///
        /// @return whether the connection stays open behind it
        boolean write(ClientConnection client, Arguments given, ByteBuf out);
    }

    /// Writes an answer behind which the connection stays open.
    interface Writer {
        void write(ClientConnection client, Arguments given, ByteBuf out);
    }
}
