package dev.keepsake.server;

import java.net.URI;

/// A server in the drill's own process.
final class OwnServer implements DrilledServer {
    private final Server server;
    private final EngineKiller killer;

    private OwnServer(Server server, EngineKiller killer) {
        this.server = server;
        this.killer = killer;
    }

    static OwnServer start(ServerConfig config) throws StartException {
        return new OwnServer(Server.start(config), new EngineKiller(config.dataDirectory()));
    }

    @Override
    public URI endpoint() {
        return server.endpoint();
    }

    @Override
    public void killEngine(String node) throws DrillException {
        killer.kill(node);
    }

    @Override
    public void killAndStartAgain() throws DrillException {
        throw new DrillException("a server in the drill's own process cannot be killed");
    }

    @Override
    public void close() {
        server.close();
    }
}
