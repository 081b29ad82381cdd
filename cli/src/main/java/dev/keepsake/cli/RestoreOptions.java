package dev.keepsake.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/// The option of `keepsake start` for directories whose files callers may fill clusters with.
final class RestoreOptions {
    @Option(
            names = "--restore-from",
            paramLabel = "DIR",
            split = ":",
            description =
                    "Let CreateCluster fill clusters with the RDB files of this directory,"
                            + " named as file:///DIR/FILE in SnapshotArns. Several are separated"
                            + " by colons, or the option is given several times (default: no file of this machine may be read).")
    private List<Path> directories = List.of();

    /// The directories. One that does not exist is an error now, because callers of CreateCluster
    /// would get no explanation.
    List<Path> directories() throws UsageException {
        for (var directory : directories) {
            if (!Files.isDirectory(directory)) {
                throw new UsageException(
                        "--restore-from is %s, which is not a directory; give one that exists"
                                .formatted(directory));
            }
        }
        return List.copyOf(directories);
    }
}
