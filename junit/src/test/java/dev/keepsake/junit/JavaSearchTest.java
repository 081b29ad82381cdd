package dev.keepsake.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JavaSearchTest {
    @TempDir private Path machine;
    private final Map<String, String> environment = new HashMap<>();
    private final Map<String, String> parameters = new HashMap<>();
    private Path own;

    @BeforeEach
    void runsOnJava17() throws IOException {
        own = makeJava("opt/17", "17.0.16");
    }

    @Test
    void theJavaOfTheTestsIsTakenIfItIsNewEnough() throws IOException {
        own = makeJava("opt/25", "25.0.3");
        environment.put("JAVA_HOME", makeJava("opt/26", "26").toString());
        assertThat(find()).isEqualTo(own.resolve("bin/java"));
    }

    @Test
    void aSettingDecidesAlone() throws IOException {
        own = makeJava("opt/25", "25.0.3");
        var wanted = makeJava("opt/26", "26-ea");
        environment.put("KEEPSAKE_JAVA_HOME", wanted.toString());
        assertThat(find()).isEqualTo(wanted.resolve("bin/java"));

        parameters.put("keepsake.java.home", machine.resolve("opt/17").toString());
        assertThatThrownBy(this::find)
                .isInstanceOf(KeepsakeException.class)
                .hasMessageContainingAll(
                        "keepsake.java.home names no Java", "Java 17.0.16", "25 or newer");

        parameters.put("keepsake.java.home", "/nowhere");
        assertThatThrownBy(this::find).hasMessageContainingAll("/nowhere", "no bin/java");
    }

    @Test
    void variablesComeBeforeThePathAndThatBeforeTheUsualDirectories() throws IOException {
        var installed = makeJava("jvm/b", "25");
        makeJava("jvm/a", "21.0.8");
        assertThat(find()).isEqualTo(installed.resolve("bin/java"));

        var onPath = makeJava("opt/on path", "25.0.1");
        var links = Files.createDirectories(machine.resolve("links"));
        Files.createSymbolicLink(links.resolve("java"), onPath.resolve("bin/java"));
        environment.put("PATH", "/nowhere:" + links);
        assertThat(find()).isEqualTo(onPath.toRealPath().resolve("bin/java"));

        environment.put("JAVA25_HOME", makeJava("opt/25", "25.0.2").toString());
        assertThat(find()).isEqualTo(machine.resolve("opt/25/bin/java"));

        environment.put("JAVA_HOME", makeJava("opt/26", "26").toString());
        assertThat(find()).isEqualTo(machine.resolve("opt/26/bin/java"));
    }

    @Test
    void directoriesOfMacOsHaveTheirJavaFurtherBelow() throws IOException {
        var home = makeJava("jvm/temurin-25.jdk/Contents/Home", "25.0.3");
        assertThat(find()).isEqualTo(home.resolve("bin/java"));
    }

    @Test
    void whenThereIsNoneTheMessageSaysWhatWasLookedAtAndWhatToDo() throws IOException {
        environment.put("JAVA_HOME", makeJava("opt/21", "21.0.8").toString());
        environment.put("PATH", "/nowhere");
        makeJava("jvm/a", "24.0.2");
        var unnamed = makeJava("jvm/b", "25");
        Files.writeString(unnamed.resolve("release"), "IMPLEMENTOR=\"x\"\n");
        Files.createDirectory(machine.resolve("jvm/empty"));
        assertThatThrownBy(this::find)
                .isInstanceOf(KeepsakeException.class)
                .message()
                .isEqualTo(
                        """
                        Keepsake's server needs Java 25 or newer, and none was found. Looked at:
                          M/opt/17 (the Java of the tests): Java 17.0.16
                          M/opt/21 (JAVA_HOME): Java 21.0.8
                          PATH: no java
                          M/jvm/a (installed): Java 24.0.2
                          M/jvm/b (installed): a Java whose file 'release' tells no version
                          M/none: nothing
                        Install one from https://adoptium.net into one of these places, or set the \
                        environment variable KEEPSAKE_JAVA_HOME, or the system property \
                        keepsake.java.home, to its directory. Tests may stay on Java 17.\
                        """
                                .replace("M/", machine + "/"));
    }

    @Test
    void findsTheOneThatRunsThis() {
        var settings = new Settings(name -> Optional.empty(), System.getenv());
        assertThat(JavaSearch.onThisMachine(settings).find()).isExecutable();
    }

    private Path find() {
        var settings = new Settings(name -> Optional.ofNullable(parameters.get(name)), environment);
        var directories = List.of(machine.resolve("jvm"), machine.resolve("none"));
        return new JavaSearch(settings, own, directories).find();
    }

    private Path makeJava(String name, String version) throws IOException {
        var home = machine.resolve(name);
        Files.createDirectories(home.resolve("bin"));
        Files.writeString(
                home.resolve("release"), "A=\"b\"\nJAVA_VERSION=\"%s\"\n".formatted(version));
        var program = Files.writeString(home.resolve("bin/java"), "");
        assertThat(program.toFile().setExecutable(true)).isTrue();
        return home;
    }
}
