package dev.keepsake.buckets;

import java.io.IOException;
import java.nio.file.Path;

/// Where objects are that have a bucket and a key, as in S3: for the files of snapshots that leave
/// the server or come from elsewhere. Any thread; every method blocks, for a bounded time a part of
/// a file.
public interface Buckets extends AutoCloseable {
    /// Stores a file. When it returns, the object is there as a whole; when it throws, an object of
    /// that key may or may not be.
    void put(String bucket, String key, Path file) throws IOException;

    /// The content of an object.
    ///
    /// @param into where the file may be put; it need not be there
    /// @param filling what it is for; the object may not be larger than that admits
    /// @throws IOException when there is no such object, or it cannot be read; the message names it
    FillSource get(String bucket, String key, Path into, Filling filling) throws IOException;

    /// Gives up what is under way. Idempotent.
    @Override
    void close();
}
