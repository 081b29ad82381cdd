package dev.keepsake.drill;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;

/// The temporary directory of a drill: its log and, if the drill has its own server, the server's
/// data. Closing removes it, except for the log if [#forgetLog] has not been called.
public final class DrillDirectory implements AutoCloseable {
    private final Path root;
    private final Progress progress;
    private boolean isLogWanted = true;

    private DrillDirectory(Path root, Progress progress) {
        this.root = root;
        this.progress = progress;
    }

    public static DrillDirectory create(Progress progress) throws IOException {
        return new DrillDirectory(Files.createTempDirectory("keepsake-drill-"), progress);
    }

    public Path data() {
        return root.resolve("data");
    }

    public Path log() {
        return root.resolve("drill.log");
    }

    /// Makes [#close] remove the log, too.
    public void forgetLog() {
        isLogWanted = false;
    }

    @Override
    public void close() {
        try {
            remove(isLogWanted ? data() : root);
        } catch (IOException | UncheckedIOException e) {
            progress.line("Not all of %s could be removed: %s".formatted(root, e));
        }
        if (isLogWanted) {
            progress.line("The drill's log: " + log());
        }
    }

    private static void remove(Path tree) throws IOException {
        if (!Files.exists(tree)) {
            return;
        }
        try (var files = Files.walk(tree)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
