package dev.keepsake.control;

import java.util.Optional;

/// Decides which files of this machine callers may name to fill new clusters. The decision uses
/// only the name. The file itself is checked when it is read.
@FunctionalInterface
public interface RestoreFiles {
    /// Refuses all files.
    RestoreFiles NONE =
            address ->
                    Optional.of(
                            "files of this machine are read from directories that the server was"
                                    + " started with only, and it was started with none; start it"
                                    + " with --restore-from DIR, or name an object of a bucket,"
                                    + " arn:aws:s3:::BUCKET/KEY.");

    /// The reason why a `file://` address is refused, and the way out; empty when it is allowed.
    Optional<String> refusalOf(String address);
}
