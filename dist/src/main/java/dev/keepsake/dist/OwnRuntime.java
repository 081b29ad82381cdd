package dev.keepsake.dist;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.spi.ToolProvider;

/// Adds to an unpacked package what makes it independent of an installed Java, and quick to start:
/// a Java runtime in `runtime`, and the AOT cache of that runtime in `keepsake.aot`.
///
/// The runtime is that of the JDK that runs this.
public final class OwnRuntime {
    /// All of Java SE, because libraries look for parts of it by reflection. Beyond that: the user
    /// that runs the process, Netty's memory access, measurements of the process, and `jcmd` for
    /// whoever has to look into a server.
    private static final String MODULES =
            "java.se,jdk.security.auth,jdk.unsupported,jdk.management,jdk.net,jdk.zipfs,"
                    + "jdk.crypto.ec,jdk.jcmd,jdk.jfr";

    private static final int TRAINED_WITHIN_S = 1_800;

    private final Path directory;

    private OwnRuntime(Path directory) {
        this.directory = directory;
    }

    /// Adds both.
    ///
    /// @param args the directory of the package, and the time of the build (ISO 8601)
    public static void main(String[] args) throws IOException, InterruptedException {
        var adding = new OwnRuntime(Path.of(args[0]));
        adding.link();
        adding.setTimes(Instant.parse(args[1]));
        adding.train();
    }

    private void link() throws IOException {
        var runtime = directory.resolve("runtime");
        delete(runtime);
        var jlink =
                ToolProvider.findFirst("jlink")
                        .orElseThrow(
                                () -> new IOException("this Java has no jlink; a JDK is needed"));
        int code =
                jlink.run(
                        System.out,
                        System.err,
                        "--add-modules",
                        MODULES,
                        "--no-header-files",
                        "--no-man-pages",
                        "--output",
                        runtime.toString());
        if (code != 0) {
            throw new IOException("jlink ended with %d".formatted(code));
        }
    }

    private static void delete(Path tree) throws IOException {
        if (Files.exists(tree)) {
            try (var files = Files.walk(tree)) {
                for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    /// Files get the times that they will have in the archive: a JVM takes a cache only with the
    /// very jars that it was made from.
    private void setTimes(Instant time) throws IOException {
        try (var files = Files.walk(directory)) {
            for (var file : files.filter(Files::isRegularFile).toList()) {
                Files.setLastModifiedTime(file, FileTime.from(time));
            }
        }
    }

    private void train() throws IOException, InterruptedException {
        var cache = directory.resolve("keepsake.aot");
        Files.deleteIfExists(cache);
        var launcher = directory.resolve("bin/keepsake").toString();
        var training =
                new ProcessBuilder(List.of("sh", launcher, "--make-aot-cache", cache.toString()))
                        .inheritIO()
                        .start();
        try {
            if (!training.waitFor(TRAINED_WITHIN_S, TimeUnit.SECONDS)) {
                throw new IOException("no AOT cache within %d s".formatted(TRAINED_WITHIN_S));
            }
        } finally {
            training.destroy();
        }
        if (training.exitValue() != 0) {
            throw new IOException("no AOT cache: exit code %d".formatted(training.exitValue()));
        }
    }
}
