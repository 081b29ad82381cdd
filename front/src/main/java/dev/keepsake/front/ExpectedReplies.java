package dev.keepsake.front;

import dev.keepsake.resp.CommandSpec;
import dev.keepsake.resp.Trait;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The replies that an engine still owes on one lane, in order. A ring, so that expecting a reply
/// allocates nothing.
final class ExpectedReplies {
    /// What becomes of a reply over a shared lane. Over an own lane, [OwnReplyKind] decides, and no
    /// reply depends on keys that are clean.
    enum Kind {
        /// The front's own question; no client gets the reply.
        INTERNAL,
        /// Its offset covers everything before it.
        BARRIER,
        /// It reveals no data.
        NOW,
        /// It depends on the keys that it names, and may be sent if each of them is clean.
        READ,
        /// It depends on the functions, and may be sent if none of them is being changed.
        FUNCTIONS,
        /// It depends on more, and waits for the barrier.
        WAIT,
        /// As WAIT, even if it looks like an answer of the engine itself.
        SCRIPT,
        /// As WAIT, and it describes the engine: the front puts in the node's words.
        INFO,
        /// As NOW, and it describes the engine.
        INFO_OF_NODE,
        /// As FUNCTIONS, and it describes the engine.
        INFO_OF_FUNCTIONS,
        /// As NOW, and it lists commands: those that are withheld are removed.
        COMMANDS,
        /// As COMMANDS, and each item answers one argument, so removed items leave a null behind.
        COMMANDS_ASKED_FOR,
        /// As NOW, and it explains subcommands: those that are withheld are removed.
        HELP;

        /// The kind of reply into which the node's words are put, or null when the reply to the
        /// command is passed on as it is.
        static @Nullable Kind inWordsOfTheNode(CommandSpec spec) {
            if (spec.is(Trait.SHOWS_NODE)) {
                return INFO;
            }
            if (spec.is(Trait.SHOWS_COMMANDS)) {
                return COMMANDS;
            }
            if (spec.is(Trait.SHOWS_ASKED_COMMANDS)) {
                return COMMANDS_ASKED_FOR;
            }
            return spec.is(Trait.HELP) ? HELP : null;
        }
    }

    private Kind[] kinds = new Kind[256];
    private long[] hashes = new long[256];
    private @Nullable KeyHashes[] moreHashes = new KeyHashes[256];
    private Patience[] patiences = new Patience[256];
    private @Nullable ReplySink[] clients = new ReplySink[256];
    private int head;
    private int size;

    boolean isEmpty() {
        return size == 0;
    }

    /// @param keyHash the hash of the only key, or 0
    /// @param keyHashes those of all keys when there are several, or null
    void add(
            Kind kind,
            Patience patience,
            @Nullable ReplySink client,
            long keyHash,
            @Nullable KeyHashes keyHashes) {
        if (size == kinds.length) {
            grow();
        }
        int at = (head + size) & (kinds.length - 1);
        kinds[at] = kind;
        clients[at] = client;
        hashes[at] = keyHash;
        moreHashes[at] = keyHashes;
        patiences[at] = patience;
        size++;
    }

    Kind kind() {
        return kinds[head];
    }

    @Nullable ReplySink client() {
        return clients[head];
    }

    long keyHash() {
        return hashes[head];
    }

    @Nullable KeyHashes keyHashes() {
        return moreHashes[head];
    }

    Patience patience() {
        return patiences[head];
    }

    void remove() {
        clients[head] = null;
        moreHashes[head] = null;
        head = (head + 1) & (kinds.length - 1);
        size--;
    }

    private void grow() {
        int length = kinds.length;
        var newKinds = Arrays.copyOf(kinds, 2 * length);
        var newHashes = Arrays.copyOf(hashes, 2 * length);
        var newMoreHashes = Arrays.copyOf(moreHashes, 2 * length);
        var newPatiences = Arrays.copyOf(patiences, 2 * length);
        var newClients = Arrays.copyOf(clients, 2 * length);
        for (int i = 0; i < head; i++) {
            newKinds[length + i] = kinds[i];
            newHashes[length + i] = hashes[i];
            newMoreHashes[length + i] = moreHashes[i];
            newMoreHashes[i] = null;
            newPatiences[length + i] = patiences[i];
            newClients[length + i] = clients[i];
            newClients[i] = null;
        }
        kinds = newKinds;
        hashes = newHashes;
        moreHashes = newMoreHashes;
        patiences = newPatiences;
        clients = newClients;
    }
}
