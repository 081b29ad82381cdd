package dev.keepsake.api;

import dev.keepsake.control.LiveService;
import dev.keepsake.control.LiveState;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/// Live values that the test chooses: the same at each look, or given for each look by hand.
final class FakeLive implements LiveService {
    static final LiveState NOTHING = new LiveState(Instant.EPOCH, List.of(), List.of(), List.of());

    private final AtomicInteger looks = new AtomicInteger();
    private volatile LiveState state = NOTHING;
    private volatile boolean byHand;
    private final ArrayDeque<CompletableFuture<LiveState>> open = new ArrayDeque<>();

    @Override
    public CompletableFuture<LiveState> look() {
        looks.incrementAndGet();
        if (!byHand) {
            return CompletableFuture.completedFuture(state);
        }
        var look = new CompletableFuture<LiveState>();
        open.add(look);
        return look;
    }

    void show(LiveState shown) {
        state = shown;
    }

    /// From now on a look lasts until the test ends it.
    void lookByHand() {
        byHand = true;
    }

    /// The oldest look that has not ended.
    CompletableFuture<LiveState> next() {
        return open.remove();
    }

    int looks() {
        return looks.get();
    }
}
