package dev.keepsake.engine;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.keepsake.core.PrivateFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/// The redis-server on the class path, for machines that have no engine. It is started only if its
/// bytes are those that this build expects: the expected SHA-256 is in the source tree, apart from
/// the jar that contains the program.
final class BundledEngine {
    private static final String VERSION = "7.0.15";

    /// The file of checksums, in the format of `sha256sum`: 64 hexadecimal digits, two spaces, the
    /// name.
    private static final String CHECKSUMS = "bundled-engines.sha256";

    private BundledEngine() {}

    /// The name of the resource for an operating system and processor, as `os.name` and `os.arch`
    /// name them. Empty when no engine is bundled for them.
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

    /// Writes the resource into `directory` as an executable file that only its owner may access,
    /// unless the same bytes are there already. Two servers may do so at once: the file appears
    /// complete or not at all.
    ///
    /// @throws IOException also when the bytes are not the expected ones; nothing is written then
    static Path extract(String resource, Path directory) throws IOException {
        return extract(resource, read("/" + resource), directory);
    }

    /// Does the same with the bytes of the resource.
    static Path extract(String resource, byte[] bytes, Path directory) throws IOException {
        verify(resource, bytes);
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

    private static void verify(String resource, byte[] bytes) throws IOException {
        var found = Sha256.hexOf(bytes);
        var expected = checksumOf(resource);
        if (!found.equals(expected)) {
            throw new IOException(
                    ("the SHA-256 of %s on the class path is %s; expected %s, so it is damaged or"
                                    + " another and is not started. Remove the jar of embedded-redis from"
                                    + " Maven's repository and build again")
                            .formatted(resource, found, expected));
        }
    }

    private static String checksumOf(String resource) throws IOException {
        for (var line : new String(read(CHECKSUMS), US_ASCII).lines().toList()) {
            if (line.endsWith("  " + resource)) {
                return line.substring(0, line.indexOf(' '));
            }
        }
        throw new IOException("%s has no line for %s".formatted(CHECKSUMS, resource));
    }

    private static byte[] read(String resource) throws IOException {
        try (InputStream in = BundledEngine.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IOException("%s is not on the class path".formatted(resource));
            }
            return in.readAllBytes();
        }
    }
}
