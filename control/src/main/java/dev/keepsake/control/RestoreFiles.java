package dev.keepsake.control;

import java.util.Optional;

/// Which files of the machine callers may name to fill new clusters with. A call is decided by the
/// name alone; what is behind it is looked at when it is read, by whoever reads it.
@FunctionalInterface
public interface RestoreFiles {
    /// None.
    RestoreFiles NONE =
            address ->
                    Optional.of(
                            "files of this machine are read from directories that the server was"
                                    + " started with only, and it was started with none; start it"
                                    + " with --restore-from DIR, or name an object of a bucket,"
                                    + " arn:aws:s3:::BUCKET/KEY.");

    /// Why a `file://` address is refused, and the way out; empty when it may be read.
    Optional<String> refusalOf(String address);
}
