package dev.keepsake.front;

import dev.keepsake.shard.Publication;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The publications that one node keeps in the heap, because they wait for an answer from elsewhere
/// or are to come back with the log. They are counted there, also when the client who published one
/// has gone. Owned by the node's event loop.
final class HeldPublications {
    private static final int OBJECTS_BYTES = 200;

    private final MemoryWatch memory;
    private final Set<Held> beforeEngine = new HashSet<>();
    private final Map<Publication, Integer> fromElsewhere = new HashMap<>();

    HeldPublications(MemoryWatch memory) {
        this.memory = memory;
    }

    /// Room for one that is not there yet and has so many bytes, or null when there is none. The
    /// node's own engine is asked about it first.
    @Nullable Held hold(long bytes) {
        long taken = bytes + OBJECTS_BYTES;
        if (!memory.takeHeap(taken)) {
            return null;
        }
        var held = new Held(taken);
        beforeEngine.add(held);
        return held;
    }

    /// One has come from another shard, and will come back with the log.
    ///
    /// @return false when there is no room for it
    boolean expect(Publication publication) {
        boolean fits = memory.takeHeap(bytesOf(publication));
        if (fits) {
            fromElsewhere.merge(publication, 1, Integer::sum);
        }
        return fits;
    }

    /// It has come back, or will not: it is not expected any more.
    ///
    /// @return whether it was
    boolean takeExpected(Publication publication) {
        boolean expected = fromElsewhere.containsKey(publication);
        if (expected) {
            fromElsewhere.computeIfPresent(
                    publication, (same, times) -> times == 1 ? null : times - 1);
            memory.giveHeapBack(bytesOf(publication));
        }
        return expected;
    }

    /// Nothing comes back any more.
    void expectNothing() {
        fromElsewhere.forEach(
                (publication, times) -> memory.giveHeapBack(times * bytesOf(publication)));
        fromElsewhere.clear();
    }

    /// The engine is left: what it was asked is not answered.
    void onEngineLeft() {
        Set.copyOf(beforeEngine).forEach(Held::release);
    }

    private static long bytesOf(Publication publication) {
        return (long) publication.channel().length + publication.message().length + OBJECTS_BYTES;
    }

    /// One that a client has published.
    final class Held {
        private long bytes;

        private Held(long bytes) {
            this.bytes = bytes;
        }

        /// The engine has answered. It waits for another node now.
        void passOn() {
            beforeEngine.remove(this);
        }

        /// It is not kept any more. Again is nothing.
        void release() {
            beforeEngine.remove(this);
            memory.giveHeapBack(bytes);
            bytes = 0;
        }
    }
}
