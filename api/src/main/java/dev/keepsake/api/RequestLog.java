package dev.keepsake.api;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Receives a record of each request that the API has answered. Any thread. Must not block, because
/// the API's event loop calls it.
public interface RequestLog extends AutoCloseable {
    /// Records nothing, and costs nothing.
    RequestLog NONE =
            new RequestLog() {
                @Override
                public void add(RequestRecord request) {
                    // requests are not recorded
                }

                @Override
                public boolean isWanted() {
                    return false;
                }
            };

    /// Records requests as lines of the server's log.
    static RequestLog toLog() {
        Logger log = LoggerFactory.getLogger(RequestLog.class);
        return request ->
                log.info(
                        "request={} operation={} region={} resources=\"{}\" key={} user={} verified={}"
                                + " source={} agent=\"{}\" status={} error={} duration_ms={}",
                        request.requestId(),
                        request.operation(),
                        request.region(),
                        request.resources(),
                        request.keyId(),
                        request.user(),
                        request.isVerified(),
                        request.sourceAddress(),
                        request.userAgent(),
                        request.status(),
                        request.errorCode(),
                        request.durationMs());
    }

    /// Adds the record of one request.
    void add(RequestRecord request);

    /// Whether records are wanted at all.
    default boolean isWanted() {
        return true;
    }

    /// Writes what is not written yet. Idempotent, and bounded in time.
    @Override
    default void close() {
        // nothing waits
    }
}
