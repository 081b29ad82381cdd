package dev.keepsake.buckets;

import java.io.IOException;
import java.nio.file.Path;

/// Storage of objects by bucket and key, as in S3, for files of snapshots that leave the server or
/// come from elsewhere. Any thread. Every method blocks, for a bounded time per part of a file.
public interface Buckets extends AutoCloseable {
    /// Stores a file as an object. The whole object exists when this returns. When it throws, the
    /// object may or may not exist.
    void put(String bucket, String key, Path file) throws IOException;

    /// Opens the content of an object.
    ///
    /// @param into a path that the content may be written to; it need not exist
    /// @param filling the filling that the object is for, which bounds its size
    /// @throws IOException when the object does not exist or cannot be read; the message names it
    FillSource get(String bucket, String key, Path into, Filling filling) throws IOException;

    /// Ends all transfers. Idempotent.
    @Override
    void close();
}
