package dev.keepsake.log.bookkeeper;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.bookkeeper.client.api.BKException;

/// Waits for BookKeeper and ZooKeeper, with a bound, and no longer than until the log ends.
final class Waits {
    private final CompletableFuture<Boolean> ended = new CompletableFuture<>();

    /// Ends all waits: those that still run after `time`, and all later ones.
    void endWithin(Duration time) {
        ended.completeOnTimeout(true, time.toMillis(), TimeUnit.MILLISECONDS);
    }

    boolean hasEnded() {
        return ended.isDone();
    }

    /// The value of `future`, if it comes in time.
    ///
    /// @param what the awaited action, for messages
    /// @throws IOException when the time is over, the action failed, or the log ended
    <T> T get(CompletableFuture<T> future, Duration within, String what) throws IOException {
        try {
            CompletableFuture.anyOf(future.exceptionally(_ -> null), ended)
                    .get(within.toMillis(), TimeUnit.MILLISECONDS);
            if (!future.isDone()) {
                throw new IOException(what + " was given up, because the log is closed");
            }
            return future.get();
        } catch (TimeoutException e) {
            throw new IOException("%s took longer than %s".formatted(what, within), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(what + " was interrupted", e);
        } catch (ExecutionException e) {
            throw failure(e, what);
        }
    }

    /// Waits for `time`.
    ///
    /// @return false when the log has ended meanwhile
    boolean pass(Duration time) {
        try {
            return !ended.get(time.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    /// The original cause of a failure.
    static Throwable cause(Throwable failure) {
        var cause = failure;
        while ((cause instanceof CompletionException || cause instanceof ExecutionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    /// Whether BookKeeper failed with one of these codes.
    static boolean isBecause(Throwable failure, int... codes) {
        if (cause(failure) instanceof BKException bookKeeper) {
            for (int code : codes) {
                if (bookKeeper.getCode() == code) {
                    return true;
                }
            }
        }
        return false;
    }

    private static IOException failure(ExecutionException failure, String what) {
        var cause = cause(failure);
        return cause instanceof IOException io
                ? io
                : new IOException("%s failed: %s".formatted(what, cause.getMessage()), cause);
    }
}
