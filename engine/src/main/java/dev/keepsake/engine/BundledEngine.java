package dev.keepsake.engine;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/// The redis-server that comes inside the class path, for machines that have none.
final class BundledEngine {
    private static final String VERSION = "7.0.15";

    private BundledEngine() {}

    /// Names the resource for an operating system and processor, as `os.name` and `os.arch` spell
    /// them. Empty when none is bundled for them.
    static Optional<String> resourceFor(String osName, String osArch) {
        var os = osName.toLowerCase(Locale.ROOT);
        String system;
        if (os.equals("linux")) {
            system = "linux";
        } else if (os.startsWith("mac")) {
            system = "darwin";
        } else {
            return Optional.empty();
        }
        return switch (osArch.toLowerCase(Locale.ROOT)) {
            case "amd64", "x86_64" -> Optional.of(named(system, "amd64"));
            case "aarch64", "arm64" -> Optional.of(named(system, "arm64"));
            default -> Optional.empty();
        };
    }

    private static String named(String system, String processor) {
        return "redis-server-%s-%s-%s".formatted(VERSION, system, processor);
    }

    /// Puts the resource into `directory` as an executable file only we may touch, unless exactly
    /// those bytes are there already. Two servers may do so at once: the file appears whole or not.
    static Path extract(String resource, Path directory) throws IOException {
        var bytes = read(resource);
        var target = directory.resolve(resource);
        PrivateFiles.directory(directory);
        if (holds(target, bytes)) {
            return target;
        }
        var whole = Files.createTempFile(directory, resource, ".tmp", PrivateFiles.EXECUTABLE);
        try {
            Files.write(whole, bytes);
            Files.move(
                    whole,
                    target,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(whole);
        }
        return target;
    }

    private static boolean holds(Path file, byte[] bytes) throws IOException {
        return Files.isExecutable(file)
                && Files.size(file) == bytes.length
                && Arrays.equals(Files.readAllBytes(file), bytes);
    }

    private static byte[] read(String resource) throws IOException {
        try (InputStream in = BundledEngine.class.getResourceAsStream("/" + resource)) {
            if (in == null) {
                throw new IOException("%s is not on the class path".formatted(resource));
            }
            return in.readAllBytes();
        }
    }
}
