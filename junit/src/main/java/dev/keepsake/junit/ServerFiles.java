package dev.keepsake.junit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.File;
import java.io.IOException;
import java.net.JarURLConnection;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;

/// Finds the jars that the server runs from: in the directory that a setting names, or in the
/// artifact `keepsake-bundle`.
///
/// The bundle has the server's jars as they are, where no class loader of the tests looks for
/// classes. They are unpacked once, into a cache that all projects share. Decision 26
/// (docs/decisions) says why.
final class ServerFiles {
    private static final String BUNDLE = "dev/keepsake/bundle/";
    private static final String MARK = BUNDLE + "version";
    private static final String JARS = BUNDLE + "lib/";

    private final Settings settings;
    private final ClassLoader loader;
    private final Path userHome;

    /// @param loader finds the bundle
    /// @param userHome below which the cache is
    ServerFiles(Settings settings, ClassLoader loader, Path userHome) {
        this.settings = settings;
        this.loader = loader;
        this.userHome = userHome;
    }

    static ServerFiles onThisMachine(Settings settings) {
        return new ServerFiles(
                settings,
                ServerFiles.class.getClassLoader(),
                Path.of(System.getProperty("user.home")));
    }

    /// The class path of the server.
    ///
    /// @param scratch a directory for the bundled server, if the cache cannot be written
    /// @throws KeepsakeException when there is no server
    String classPath(Path scratch) {
        var home = settings.of(Settings.HOME);
        if (home.isPresent()) {
            return ofHome(home.get());
        }
        var mark = loader.getResource(MARK);
        if (mark == null) {
            throw new KeepsakeException(
                    "there is no Keepsake on the class path: add the artifact dev.keepsake:keepsake-bundle, which keepsake-junit depends on at run time, or set %s (or %s) to the directory of an installation"
                            .formatted(Settings.variable(Settings.HOME), Settings.HOME));
        }
        try {
            return allIn(unpacked(mark, scratch));
        } catch (IOException e) {
            throw new KeepsakeException(
                    "the bundled server %s cannot be unpacked: %s".formatted(mark, e), e);
        }
    }

    private static String allIn(Path directory) {
        return directory.resolve("*").toString();
    }

    /// The class path of an installation, which has all jars in `lib`, or of a clone that
    /// `./keepsake` has built.
    private static String ofHome(Settings.Given home) {
        var directory = Path.of(home.value()).toAbsolutePath();
        var installed = directory.resolve("lib");
        var built = directory.resolve("cli/target/keepsake.jar");
        if (Files.isRegularFile(built)) {
            return built + File.pathSeparator + allIn(built.resolveSibling("lib"));
        }
        if (Files.isDirectory(installed)) {
            return allIn(installed);
        }
        throw new KeepsakeException(
                "%s is %s, which has neither lib nor cli/target/keepsake.jar; give the directory of an installation, or of a clone in which ./keepsake version has run"
                        .formatted(home.name(), directory));
    }

    private Path unpacked(URL mark, Path scratch) throws IOException {
        if (mark.openConnection() instanceof JarURLConnection connection) {
            connection.setUseCaches(false);
            try (var bundle = connection.getJarFile()) {
                return unpacked(bundle, scratch);
            }
        }
        // A directory of classes, as when the bundle is a module of the same build.
        return directoryOf(mark).resolve("lib");
    }

    private static Path directoryOf(URL mark) throws IOException {
        try {
            var directory = Path.of(mark.toURI()).getParent();
            if (directory != null && Files.isDirectory(directory.resolve("lib"))) {
                return directory;
            }
        } catch (URISyntaxException | IllegalArgumentException e) {
            throw new IOException("it is no file: " + mark, e);
        }
        throw new IOException(
                "it has no directory lib: run Maven's phase package, which fills the bundle");
    }

    private Path unpacked(JarFile bundle, Path scratch) throws IOException {
        var jars =
                bundle.stream()
                        .filter(entry ->
                                entry.getName().startsWith(JARS)
                                        && entry.getName().endsWith(".jar"))
                        .map(ZipEntry.class::cast)
                        .toList();
        if (jars.isEmpty()) {
            throw new IOException("there are no jars in " + bundle.getName());
        }
        var name = version(bundle) + "-" + key(jars);
        try {
            return unpack(bundle, jars, Directories.makePrivate(cache()), name);
        } catch (IOException e) {
            // A home that cannot be written, as in some containers.
            return unpack(bundle, jars, scratch, name);
        }
    }

    private Path cache() {
        return settings.of(Settings.CACHE)
                .map(given -> Path.of(given.value()))
                .or(() ->
                        settings.ofEnvironment("XDG_CACHE_HOME")
                                .map(given -> Path.of(given.value()).resolve("keepsake")))
                .orElseGet(() ->
                        userHome.resolve(onMacOs() ? "Library/Caches" : ".cache")
                                .resolve("keepsake"));
    }

    private static boolean onMacOs() {
        return System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("mac");
    }

    /// What the jars are, so that another build gets another directory.
    private static String key(List<ZipEntry> jars) {
        var digest = sha256();
        for (var jar : jars) {
            String line = jar.getName() + " " + jar.getSize() + " " + jar.getCrc() + "\n";
            digest.update(line.getBytes(UTF_8));
        }
        return HexFormat.of().formatHex(digest.digest(), 0, 8);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private static String version(JarFile bundle) throws IOException {
        try (var in = bundle.getInputStream(bundle.getEntry(MARK))) {
            return new String(in.readAllBytes(), UTF_8).strip();
        }
    }

    /// Unpacks into a directory that appears complete. Whoever comes second uses it.
    private static Path unpack(JarFile bundle, List<ZipEntry> jars, Path parent, String name)
            throws IOException {
        var target = parent.resolve(name);
        if (Files.isDirectory(target)) {
            return target;
        }
        var partial = parent.resolve(".%s-%s".formatted(name, UUID.randomUUID()));
        Directories.makePrivate(partial);
        try {
            for (var jar : jars) {
                try (var in = bundle.getInputStream(jar)) {
                    Files.copy(in, partial.resolve(jar.getName().substring(JARS.length())));
                }
            }
            Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
            return target;
        } catch (IOException e) {
            if (Files.isDirectory(target)) {
                return target;
            }
            throw e;
        } finally {
            Directories.remove(partial);
        }
    }
}
