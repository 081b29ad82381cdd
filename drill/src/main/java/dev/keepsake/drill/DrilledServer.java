package dev.keepsake.drill;

import java.io.IOException;
import java.net.URI;
import java.util.Optional;

/// The server that a drill drills, and what can be done to it behind its back. Owned by the drill's
/// thread.
public interface DrilledServer extends AutoCloseable {
    URI endpoint();

    /// Ends the engine of a node with SIGKILL.
    ///
    /// @throws DrillException when there is no such engine
    void killEngine(String node) throws DrillException;

    /// Ends the server with SIGKILL, starts it again, and returns when its API answers.
    void killAndStartAgain() throws DrillException, IOException;

    /// What it holds now, if that can be seen.
    Optional<ResourceUse> use() throws IOException;

    @Override
    void close();

    /// A server that is somebody else's.
    static DrilledServer at(URI endpoint) {
        return new DrilledServer() {
            @Override
            public URI endpoint() {
                return endpoint;
            }

            @Override
            public void killEngine(String node) throws DrillException {
                throw new DrillException("engines of another server are not killed");
            }

            @Override
            public void killAndStartAgain() throws DrillException {
                throw new DrillException("another server is not killed");
            }

            @Override
            public Optional<ResourceUse> use() {
                return Optional.empty();
            }

            @Override
            public void close() {
                // it stays
            }
        };
    }
}
