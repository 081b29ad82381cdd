package dev.keepsake.front;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The replies that an engine still owes on one lane, in order: a ring, so that expecting one
/// allocates nothing.
final class ExpectedReplies {
    /// What becomes of a reply.
    enum Kind {
        /// It is nobody's.
        INTERNAL,
        /// Its offset covers everything before it.
        BARRIER,
        /// It tells nothing of the data.
        NOW,
        /// It tells of one key, and may leave if that is clean.
        READ,
        /// It tells of the functions, and may leave if none of them is being changed.
        FUNCTIONS,
        /// It tells of more, and waits for the barrier.
        WAIT,
        /// As WAIT, though it looks like the engine's own words.
        SCRIPT,
        /// As WAIT, and names the engine: the front's words are put in.
        INFO,
        /// As NOW, and lists commands: those that are withheld are taken out.
        COMMANDS,
        /// As COMMANDS, and says in each place what was asked for there.
        COMMANDS_ASKED_FOR,
        /// As NOW, and explains subcommands: those that are withheld are taken out.
        HELP
    }

    private Kind[] kinds = new Kind[256];
    private long[] hashes = new long[256];
    private @Nullable ClientConnection[] clients = new ClientConnection[256];
    private int head;
    private int size;

    boolean isEmpty() {
        return size == 0;
    }

    void add(Kind kind, @Nullable ClientConnection client, long keyHash) {
        if (size == kinds.length) {
            grow();
        }
        int at = (head + size) & (kinds.length - 1);
        kinds[at] = kind;
        clients[at] = client;
        hashes[at] = keyHash;
        size++;
    }

    Kind kind() {
        return kinds[head];
    }

    @Nullable ClientConnection client() {
        return clients[head];
    }

    long keyHash() {
        return hashes[head];
    }

    void remove() {
        clients[head] = null;
        head = (head + 1) & (kinds.length - 1);
        size--;
    }

    private void grow() {
        int length = kinds.length;
        var newKinds = Arrays.copyOf(kinds, 2 * length);
        var newHashes = Arrays.copyOf(hashes, 2 * length);
        var newClients = Arrays.copyOf(clients, 2 * length);
        for (int i = 0; i < head; i++) {
            newKinds[length + i] = kinds[i];
            newHashes[length + i] = hashes[i];
            newClients[length + i] = clients[i];
            newClients[i] = null;
        }
        kinds = newKinds;
        hashes = newHashes;
        clients = newClients;
    }
}
