package dev.keepsake.front;

import dev.keepsake.shard.Publication;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The publications that one node keeps in the heap, because they wait for an answer from another
/// node, or will come back with the log. They are counted until then, also when the client that
/// published one has gone. Owned by the node's event loop.
final class HeldPublications {
    private static final int OBJECTS_BYTES = 200;

    private final MemoryWatch memory;
    private final Set<Held> beforeEngine = new HashSet<>();
    private final Map<Publication, Integer> fromElsewhere = new HashMap<>();

    HeldPublications(MemoryWatch memory) {
        this.memory = memory;
    }

    /// Room for a publication of so many bytes, or null when there is none. The next step is a
    /// question to the node's own engine.
    @Nullable Held hold(long bytes) {
        long taken = bytes + OBJECTS_BYTES;
        if (!memory.takeHeap(taken)) {
            return null;
        }
        var held = new Held(taken);
        beforeEngine.add(held);
        return held;
    }

    /// A publication has come from another shard, and will come back with the log.
    ///
    /// @return false when there is no room for it
    boolean expect(Publication publication) {
        boolean fits = memory.takeHeap(bytesOf(publication));
        if (fits) {
            fromElsewhere.merge(publication, 1, Integer::sum);
        }
        return fits;
    }

    /// A publication has come back, or will not: it is not expected any more.
    ///
    /// @return whether it was expected
    boolean takeExpected(Publication publication) {
        boolean expected = fromElsewhere.containsKey(publication);
        if (expected) {
            fromElsewhere.computeIfPresent(
                    publication, (same, times) -> times == 1 ? null : times - 1);
            memory.giveHeapBack(bytesOf(publication));
        }
        return expected;
    }

    /// No publication comes back any more.
    void expectNothing() {
        fromElsewhere.forEach(
                (publication, times) -> memory.giveHeapBack(times * bytesOf(publication)));
        fromElsewhere.clear();
    }

    /// The node leaves the engine, whose open questions get no answers.
    void onEngineLeft() {
        Set.copyOf(beforeEngine).forEach(Held::release);
    }

    private static long bytesOf(Publication publication) {
        return (long) publication.channel().length + publication.message().length + OBJECTS_BYTES;
    }

    /// A publication of one client.
    final class Held {
        private long bytes;

        private Held(long bytes) {
            this.bytes = bytes;
        }

        /// The engine has answered. The publication waits for another node from now on.
        void passOn() {
            beforeEngine.remove(this);
        }

        /// The publication is not kept any more. A second call has no effect.
        void release() {
            beforeEngine.remove(this);
            memory.giveHeapBack(bytes);
            bytes = 0;
        }
    }
}
