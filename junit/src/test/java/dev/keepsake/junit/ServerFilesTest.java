package dev.keepsake.junit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServerFilesTest {
    private static final String BUNDLE = "dev/keepsake/bundle/";

    @TempDir private Path directory;
    private final Map<String, String> environment = new HashMap<>();

    @Test
    void theBundleIsUnpackedOnceIntoTheCacheOfTheUser() throws Exception {
        var bundle = bundle("one.jar", Map.of("a.jar", "A", "b.jar", "B"));
        var unpacked = unpacked(bundle);
        var cache = directory.resolve("home/.cache/keepsake");
        assertThat(unpacked).hasParent(cache);
        assertThat(cache.relativize(unpacked).toString()).startsWith("0.7-");
        assertThat(unpacked.resolve("a.jar")).hasContent("A");
        assertThat(unpacked.resolve("b.jar")).hasContent("B");
        for (var made : List.of(unpacked, cache)) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(made)))
                    .isEqualTo("rwx------");
        }

        Files.writeString(unpacked.resolve("a.jar"), "as it is");
        assertThat(classPath(bundle)).isEqualTo(unpacked + "/*");
        assertThat(unpacked.resolve("a.jar")).as("is not unpacked again").hasContent("as it is");
    }

    @Test
    void anotherBundleOfTheSameVersionHasAnotherDirectory() throws Exception {
        var first = classPath(bundle("one.jar", Map.of("a.jar", "A")));
        var second = classPath(bundle("two.jar", Map.of("a.jar", "a")));
        assertThat(second).isNotEqualTo(first);
        try (var entries = Files.list(directory.resolve("home/.cache/keepsake"))) {
            assertThat(entries).as("and nothing half unpacked is left").hasSize(2);
        }
    }

    @Test
    void aCacheThatCannotBeWrittenIsDoneWithout() throws Exception {
        environment.put("XDG_CACHE_HOME", "/dev/null");
        var bundle = bundle("one.jar", Map.of("a.jar", "A"));
        var unpacked = unpacked(bundle);
        assertThat(unpacked).hasParent(directory.resolve("scratch"));
        assertThat(unpacked.resolve("a.jar")).hasContent("A");
    }

    @Test
    void theCacheMayBeElsewhere() throws Exception {
        environment.put("XDG_CACHE_HOME", directory.resolve("xdg").toString());
        var bundle = bundle("one.jar", Map.of("a.jar", "A"));
        assertThat(classPath(bundle)).startsWith(directory.resolve("xdg/keepsake/0.7-").toString());
        environment.put("KEEPSAKE_CACHE", directory.resolve("mine").toString());
        assertThat(classPath(bundle)).startsWith(directory.resolve("mine/0.7-").toString());
    }

    @Test
    void aBundleMayBeADirectoryOfTheSameBuild() throws Exception {
        var classes = directory.resolve("classes");
        Files.createDirectories(classes.resolve(BUNDLE));
        Files.writeString(classes.resolve(BUNDLE + "version"), "0.7");
        assertThatThrownBy(() -> classPath(classes))
                .isInstanceOf(KeepsakeException.class)
                .hasMessageContaining("Maven's phase package");
        Files.createDirectory(classes.resolve(BUNDLE + "lib"));
        assertThat(classPath(classes)).isEqualTo(classes.resolve(BUNDLE + "lib/*").toString());
    }

    @Test
    void aHomeIsAnInstallationOrABuiltClone() throws Exception {
        var home = Files.createDirectory(directory.resolve("given"));
        environment.put("KEEPSAKE_HOME", home.toString());
        assertThatThrownBy(() -> classPath(directory))
                .isInstanceOf(KeepsakeException.class)
                .hasMessageContainingAll("KEEPSAKE_HOME", home.toString(), "./keepsake version");
        Files.createDirectory(home.resolve("lib"));
        assertThat(classPath(directory)).isEqualTo(home.resolve("lib/*").toString());

        Files.createDirectories(home.resolve("cli/target"));
        var jar = Files.createFile(home.resolve("cli/target/keepsake.jar"));
        assertThat(classPath(directory)).isEqualTo(jar + ":" + home.resolve("cli/target/lib/*"));
    }

    @Test
    void withoutAnyServerTheMessageSaysWhatToAdd() {
        assertThatThrownBy(() -> classPath(directory))
                .isInstanceOf(KeepsakeException.class)
                .hasMessageContainingAll("dev.keepsake:keepsake-bundle", "KEEPSAKE_HOME");
    }

    /// The directory whose jars the class path names.
    private Path unpacked(Path bundle) throws IOException {
        return Path.of(classPath(bundle).replace("/*", ""));
    }

    private String classPath(Path classes) throws IOException {
        var settings = new Settings(name -> Optional.empty(), environment);
        var scratch = Files.createDirectories(directory.resolve("scratch"));
        try (var loader = new URLClassLoader(new URL[] {classes.toUri().toURL()}, null)) {
            return new ServerFiles(settings, loader, directory.resolve("home")).classPath(scratch);
        }
    }

    private Path bundle(String name, Map<String, String> jars) throws IOException {
        var entries = new LinkedHashMap<String, String>();
        entries.put(BUNDLE + "version", "0.7\n");
        jars.forEach((jar, content) -> entries.put(BUNDLE + "lib/" + jar, content));
        var file = directory.resolve(name);
        try (var zip = new ZipOutputStream(Files.newOutputStream(file))) {
            for (var entry : entries.entrySet()) {
                zip.putNextEntry(new ZipEntry(entry.getKey()));
                zip.write(entry.getValue().getBytes(UTF_8));
            }
        }
        return file;
    }
}
