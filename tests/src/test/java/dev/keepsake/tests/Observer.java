package dev.keepsake.tests;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/// Sees by CLIENT LIST what a front keeps for its clients. So a test need not wait for a while to
/// say that a reply is held back: it waits until the front has the reply, and then the client has
/// nothing.
final class Observer implements AutoCloseable {
    private static final long WITHIN_NS = TimeUnit.SECONDS.toNanos(60);

    private final Wire wire;
    private final Map<Wire, String> ids = new HashMap<>();

    Observer(ServedNode node) throws IOException {
        this.wire = node.connect();
    }

    /// Connects a client that can be observed.
    Wire connect(ServedNode node) throws IOException {
        var client = node.connect();
        ids.put(client, client.ask("CLIENT", "ID"));
        return client;
    }

    /// How many replies the front holds for a client, the places of unwanted ones included.
    int held(Wire client) throws IOException {
        return field(client, "oll");
    }

    /// How many bytes are about to be sent to it.
    int gatheredBytes(Wire client) throws IOException {
        return field(client, "obl");
    }

    private int field(Wire client, String name) throws IOException {
        String line = wire.ask("CLIENT", "LIST", "ID", requireNonNull(ids.get(client)));
        return Integer.parseInt(line.replaceAll("(?s).* %s=(\\d+) .*".formatted(name), "$1"));
    }

    /// Waits until so many replies are held back, and sees that none has left.
    void awaitHeld(Wire client, int replies, String what) throws IOException {
        long deadlineNs = System.nanoTime() + WITHIN_NS;
        boolean held = false;
        while (!held) {
            held = held(client) >= replies;
            assertThat(client.hasReplyWithin(1)).as("%s has left", what).isFalse();
            assertThat(System.nanoTime()).as("%s is not held", what).isLessThan(deadlineNs);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
        assertThat(held(client)).as("%s stays", what).isGreaterThanOrEqualTo(replies);
    }

    @Override
    public void close() {
        wire.close();
    }
}
