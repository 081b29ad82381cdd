package dev.keepsake.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/// What files callers may fill clusters with, among the options of `keepsake start`.
final class RestoreOptions {
    @Option(
            names = "--restore-from",
            paramLabel = "DIR",
            description =
                    "Let CreateCluster fill clusters with the RDB files of this directory,"
                            + " named as file:///DIR/FILE in SnapshotArns. The option may be given"
                            + " several times (default: no file of this machine may be read).")
    private List<Path> directories = List.of();

    /// What is no directory now is a mistake that no caller of CreateCluster could explain.
    List<Path> directories() throws UsageException {
        for (var directory : directories) {
            if (!Files.isDirectory(directory)) {
                throw new UsageException(
                        "--restore-from is %s, which is no directory; give one that is there"
                                .formatted(directory));
            }
        }
        return List.copyOf(directories);
    }
}
