package dev.keepsake.dist;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keepsake.cli.Main;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.AutoComplete;
import picocli.CommandLine;

/// Writes the manual pages and the completions of a package into a directory:
///
/// ```
/// man/man1/keepsake.1, keepsake-start.1 …   completions/keepsake.bash   completions/_keepsake
/// ```
public final class Pages {
    private static final String NAME = "keepsake";

    /// Zsh reads this file as the body of a function, which has to complete when it is called.
    private static final String ZSH_BEGIN = "#compdef keepsake\n";

    private static final String ZSH_END = "_bash_complete -o default -F _complete_keepsake\n";

    private Pages() {}

    /// Writes them.
    ///
    /// @param args the directory, the version of Keepsake, and the time of the build (ISO 8601)
    public static void main(String[] args) throws IOException {
        write(Path.of(args[0]), args[1], args[2].substring(0, "YYYY-MM-DD".length()));
    }

    static void write(Path directory, String version, String date) throws IOException {
        var commandLine = Main.describe();
        var completions = Files.createDirectories(directory.resolve("completions"));
        var bash = AutoComplete.bash(NAME, commandLine);
        Files.writeString(completions.resolve(NAME + ".bash"), bash, UTF_8);
        Files.writeString(completions.resolve("_" + NAME), ZSH_BEGIN + bash + ZSH_END, UTF_8);
        var pages = Files.createDirectories(directory.resolve("man/man1"));
        write(pages, commandLine, version, date);
        for (var subcommand : commandLine.getSubcommands().values()) {
            write(pages, subcommand, version, date);
        }
    }

    private static void write(Path pages, CommandLine command, String version, String date)
            throws IOException {
        var file = ManualPage.name(command.getCommandSpec()) + ".1";
        Files.writeString(pages.resolve(file), ManualPage.of(command, version, date), UTF_8);
    }
}
