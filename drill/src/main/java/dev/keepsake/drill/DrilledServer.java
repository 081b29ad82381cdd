package dev.keepsake.drill;

import java.io.IOException;
import java.net.URI;
import java.util.Optional;

/// The server of a drill, and the faults that can be caused without telling it. Owned by the
/// drill's thread.
public interface DrilledServer extends AutoCloseable {
    URI endpoint();

    /// Kills the engine of a node with SIGKILL.
    ///
    /// @throws DrillException when there is no such engine
    void killEngine(String node) throws DrillException;

    /// Kills the server with SIGKILL and starts it again. Returns when its API answers.
    void killAndStartAgain() throws DrillException, IOException;

    /// The resources that it uses now; empty when they cannot be read.
    Optional<ResourceUse> use() throws IOException;

    @Override
    void close();

    /// A server that the drill does not own.
    static DrilledServer at(URI endpoint) {
        return new DrilledServer() {
            @Override
            public URI endpoint() {
                return endpoint;
            }

            @Override
            public void killEngine(String node) throws DrillException {
                throw new DrillException(
                        "a drill kills engines only of a server that it has started");
            }

            @Override
            public void killAndStartAgain() throws DrillException {
                throw new DrillException("a drill kills only a server that it has started");
            }

            @Override
            public Optional<ResourceUse> use() {
                return Optional.empty();
            }

            @Override
            public void close() {
                // the server continues
            }
        };
    }
}
