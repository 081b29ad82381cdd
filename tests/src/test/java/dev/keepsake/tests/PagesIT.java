package dev.keepsake.tests;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.keepsake.core.PortLease;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The commands of the pages in `docs`, as a reader types them. A page marks what is carried out by
/// a comment before the block of code:
///
/// - `<!-- run -->`: a block of shell, in the directory of the page, with `./keepsake` in it. It
///   has to succeed.
/// - `<!-- run: needs aws, python3:boto3 -->`: the same. Where a program or a module is missing,
///   the rest of the page is skipped, and the report says so.
/// - `<!-- server -->`: a command that starts a server, which is ended with the page.
/// - `<!-- file: NAME -->`: a block that becomes a file of that name.
///
/// The port 8379 becomes a free one, and data are kept in a directory of the test.
/// `-Dpage=operating` carries out that page alone. `-Dnode.modules=DIR` names a directory with the
/// modules of Node that a page uses, and `-Dpython` a directory whose `python3` is used. Providers
/// of Terraform are taken from the mirror in the file that `TF_CLI_CONFIG_FILE` names.
class PagesIT {
    private static final int ENDS_WITHIN_S = 900;
    private static final String READY = "Keepsake is ready: ";
    private static final Pattern BLOCK =
            Pattern.compile(
                    "(?ms)^<!-- (run|server|file)(?:: ([^>]*?))? -->\\n\\s*```(\\w+)\\n(.*?)^```$");

    /// A reader types all blocks into one shell, so variables and functions are those of before.
    private static final String BEFORE = "if [ -e .shell ]; then . ./.shell; fi\n";

    private static final String AFTER = "\n{ export -p; declare -f; } >.shell\n";

    @TempDir private Path directory;

    /// @param what `run`, `server` or `file`
    /// @param detail what follows the colon
    private record Block(String what, String detail, String text) {}

    @ParameterizedTest
    @ValueSource(
            strings = {
                "docs/ci.md",
                "docs/faq.md",
                "docs/operating.md",
                "docs/terraform.md",
                "docs/testing-node.md",
                "docs/testing-python.md",
                "docs/troubleshooting.md"
            })
    void theCommandsOfAPageWork(String page) throws Exception {
        assumeTrue(page.contains(System.getProperty("page", "")), "-Dpage names another page");
        var blocks = blocksOf(Files.readString(root().resolve(page)));
        assertThat(blocks).as("blocks in %s that are marked", page).isNotEmpty();
        makeLauncher();
        var servers = new ArrayList<Process>();
        try (var ports = PortLease.take(60, RandomGenerator.getDefault())) {
            for (var block : blocks) {
                var text = block.text().replace("8379", Integer.toString(ports.first()));
                switch (block.what()) {
                    case "file" -> Files.writeString(directory.resolve(block.detail()), text);
                    case "server" -> servers.add(serve(text, ports));
                    default -> run(block, text, ports);
                }
            }
        } finally {
            for (var server : servers) {
                server.destroy();
                if (!server.waitFor(ENDS_WITHIN_S, TimeUnit.SECONDS)) {
                    server.destroyForcibly();
                }
            }
        }
    }

    private static List<Block> blocksOf(String page) {
        var blocks = new ArrayList<Block>();
        var found = BLOCK.matcher(page);
        while (found.find()) {
            var detail = found.group(2) == null ? "" : found.group(2).strip();
            blocks.add(new Block(found.group(1), detail, found.group(4)));
        }
        return blocks;
    }

    /// `./keepsake`, without a build.
    private void makeLauncher() throws IOException {
        var launcher = directory.resolve("keepsake");
        Files.writeString(
                launcher,
                """
                #!/bin/sh
                exec '%s' -Xmx256m -XX:MaxDirectMemorySize=1g --enable-native-access=ALL-UNNAMED \\
                    --sun-misc-unsafe-memory-access=allow -cp '%s' dev.keepsake.cli.Main "$@"
                """
                        .formatted(
                                Path.of(System.getProperty("java.home"), "bin", "java"),
                                System.getProperty("java.class.path")));
        Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwx------"));
    }

    private Process serve(String text, PortLease ports) throws IOException {
        var log = directory.resolve("server.log");
        // Without a shell in between, so that the server gets the signal.
        var process =
                shell("exec " + text.strip(), ports)
                        .redirectError(log.toFile())
                        .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                        .start();
        var line = process.inputReader(UTF_8).readLine();
        assertThat(line).as(() -> contentOf(log)).startsWith(READY);
        return process;
    }

    private void run(Block block, String text, PortLease ports) throws Exception {
        for (var need : needsOf(block)) {
            assumeTrue(isThere(need, ports), "%s is not installed".formatted(need));
        }
        var output = directory.resolve("output.log");
        var process =
                shell("set -eu\n" + BEFORE + text + AFTER, ports)
                        .redirectErrorStream(true)
                        .redirectOutput(output.toFile())
                        .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                        .start();
        try {
            assertThat(process.waitFor(ENDS_WITHIN_S, TimeUnit.SECONDS))
                    .as(() -> text + "\n" + contentOf(output))
                    .isTrue();
            assertThat(process.exitValue()).as(() -> text + "\n" + contentOf(output)).isZero();
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    private static List<String> needsOf(Block block) {
        if (block.detail().isEmpty()) {
            return List.of();
        }
        assertThat(block.detail()).startsWith("needs ");
        return List.of(block.detail().substring("needs ".length()).split(", *", -1));
    }

    /// Whether there is a program such as `aws`, or a module such as `python3:boto3`.
    private boolean isThere(String need, PortLease ports) throws Exception {
        int colon = need.indexOf(':');
        var module = need.substring(colon + 1);
        var question =
                switch (colon < 0 ? "" : need.substring(0, colon)) {
                    case "" -> "command -v " + module;
                    case "python3" -> "python3 -c 'import %s'".formatted(module);
                    case "node" -> "node -e 'require.resolve(\"%s\")'".formatted(module);
                    case "aws" -> "aws %s help".formatted(module);
                    case "terraform" -> hasProvider(module);
                    default -> throw new AssertionError(need + " is no need that can be tested");
                };
        var process =
                shell(question, ports)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
        return process.waitFor(ENDS_WITHIN_S, TimeUnit.SECONDS) && process.exitValue() == 0;
    }

    /// Whether a provider can be installed from a mirror, by a question of shell. Without a mirror,
    /// hundreds of megabytes would be downloaded.
    private static String hasProvider(String name) {
        return """
        set -e
        test -e "${TF_CLI_CONFIG_FILE:-}"
        mkdir -p needed && cd needed
        echo 'terraform { required_providers { %1$s = { source = "hashicorp/%1$s" } } }' >needed.tf
        exec terraform init -input=false
        """
                .formatted(name);
    }

    private ProcessBuilder shell(String text, PortLease ports) {
        var builder = new ProcessBuilder("bash", "-c", text).directory(directory.toFile());
        var environment = builder.environment();
        environment.keySet().removeIf(name -> name.startsWith("KEEPSAKE_"));
        environment.putAll(
                Map.of(
                        "AWS_EC2_METADATA_DISABLED", "true",
                        "KEEPSAKE_API_PORT", Integer.toString(ports.first()),
                        "KEEPSAKE_DATA_DIR", directory.resolve("data").toString(),
                        "KEEPSAKE_NODE_PORTS", "%d-%d".formatted(ports.first() + 1, ports.last())));
        var python = System.getProperty("python");
        if (python != null) {
            environment.merge("PATH", python, (path, added) -> added + ":" + path);
        }
        var modules = System.getProperty("node.modules");
        if (modules != null) {
            environment.put("NODE_PATH", modules);
        }
        return builder;
    }

    private static String contentOf(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    /// The module's directory is the working directory of its tests.
    private static Path root() {
        var above = Path.of("..").toAbsolutePath();
        return Files.exists(above.resolve("keepsake")) ? above : Path.of("").toAbsolutePath();
    }
}
