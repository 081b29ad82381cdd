package dev.keepsake.engine;

import dev.keepsake.resp.RespValue;
import java.io.IOException;

/// A connection to an engine for several of Keepsake's own commands, one after the other. It serves
/// commands that change the state of the connection itself. Owned by the calling thread.
public interface EngineConnection extends AutoCloseable {
    /// Sends a command and returns the reply, which may be an error. Blocks.
    ///
    /// @throws IOException when there is no reply; the command may have been executed
    RespValue ask(String... command) throws IOException;

    @Override
    void close() throws IOException;
}
