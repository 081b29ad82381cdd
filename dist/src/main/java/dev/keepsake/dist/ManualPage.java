package dev.keepsake.dist;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/// A command's manual page, in the macros of `man(7)`.
///
/// Picocli describes commands in AsciiDoc only, and what makes manual pages of that is larger than
/// Keepsake.
final class ManualPage {
    private static final String SECTION = "1";

    /// The page that all others belong to.
    private static final String SHARED = "keepsake";

    private final CommandSpec command;
    private final String version;
    private final String date;
    private final StringBuilder text = new StringBuilder();

    private ManualPage(CommandSpec command, String version, String date) {
        this.command = command;
        this.version = version;
        this.date = date;
    }

    /// The page of a command.
    ///
    /// @param version of Keepsake
    /// @param date of the page, as YYYY-MM-DD
    static String of(CommandLine command, String version, String date) {
        var page = new ManualPage(command.getCommandSpec(), version, date);
        page.write();
        return page.text.toString();
    }

    /// The name of a command's page, such as `keepsake-start`.
    static String name(CommandSpec command) {
        return command.qualifiedName("-");
    }

    private void write() {
        macro(
                "TH",
                quoted(name(command).toUpperCase(Locale.ROOT)),
                SECTION,
                quoted(date),
                quoted("Keepsake " + version),
                quoted("Keepsake"));
        // Nothing is hyphenated or set to the right margin: options are copied from here.
        text.append(".nh\n.ad l\n");
        section("Name");
        line(name(command) + " \\- " + escaped(header()));
        section("Synopsis");
        synopsis();
        var description = command.usageMessage().description();
        if (description.length > 0) {
            section("Description");
            line(escaped(String.join(" ", description)));
        }
        parameters();
        options();
        commands();
        footer();
        section("See also");
        line(seeAlso());
    }

    private String header() {
        var header = String.join(" ", command.usageMessage().header());
        return header.endsWith(".") ? header.substring(0, header.length() - 1) : header;
    }

    private void synopsis() {
        var line = new StringBuilder(bold(command.qualifiedName()));
        if (!visible(command).isEmpty()) {
            line.append(" [").append(italic("OPTIONS")).append(']');
        }
        for (var parameter : command.positionalParameters()) {
            line.append(' ').append(italic(parameter.paramLabel()));
        }
        if (!command.subcommands().isEmpty()) {
            line.append(' ').append(italic(command.usageMessage().synopsisSubcommandLabel()));
        }
        line(line.toString());
    }

    private void parameters() {
        if (command.positionalParameters().isEmpty()) {
            return;
        }
        section("Arguments");
        for (PositionalParamSpec parameter : command.positionalParameters()) {
            item(italic(parameter.paramLabel()), String.join(" ", parameter.description()));
        }
    }

    private void options() {
        var options = visible(command);
        if (options.isEmpty()) {
            return;
        }
        section("Options");
        for (var option : options) {
            var names =
                    Arrays.stream(option.names())
                            .map(ManualPage::bold)
                            .collect(Collectors.joining(", "));
            var value = option.arity().max() == 0 ? "" : " " + italic(option.paramLabel());
            item(names + value, described(option));
        }
    }

    private static String described(OptionSpec option) {
        var value = option.defaultValue() == null ? option.initialValue() : option.defaultValue();
        var description =
                String.join(" ", option.description())
                        .replace("${DEFAULT-VALUE}", String.valueOf(value));
        boolean isTold = !option.command().usageMessage().showDefaultValues();
        boolean isPlain = value == null || option.arity().max() == 0;
        return isTold || isPlain ? description : description + " (default: %s)".formatted(value);
    }

    private void commands() {
        if (command.subcommands().isEmpty()) {
            return;
        }
        section("Commands");
        command.subcommands()
                .forEach((name, subcommand) ->
                        item(
                                bold(name),
                                String.join(
                                        " ", subcommand.getCommandSpec().usageMessage().header())));
    }

    /// Lines as they are: some are tables.
    private void footer() {
        var footer = new ArrayList<>(List.of(command.usageMessage().footer()));
        if (!footer.isEmpty() && footer.getFirst().isBlank()) {
            footer.removeFirst();
        }
        if (footer.isEmpty()) {
            return;
        }
        section("Notes");
        for (var line : footer) {
            if (line.startsWith(" ")) {
                text.append(".br\n");
            }
            if (line.isBlank()) {
                text.append(".PP\n");
            } else {
                line(escaped(line.strip()));
            }
        }
    }

    private String seeAlso() {
        var parent = command.parent();
        var others =
                parent == null
                        ? command.subcommands().values().stream()
                                .map(subcommand -> name(subcommand.getCommandSpec()))
                                .toList()
                        : List.of(SHARED);
        return others.stream()
                .map(name -> bold(name) + "(" + SECTION + ")")
                .collect(Collectors.joining(", "));
    }

    private static List<OptionSpec> visible(CommandSpec command) {
        return command.options().stream().filter(option -> !option.hidden()).toList();
    }

    private void section(String title) {
        macro("SH", title.toUpperCase(Locale.ROOT));
    }

    private void item(String term, String description) {
        macro("TP");
        line(term);
        line(escaped(description));
    }

    private void macro(String name, String... arguments) {
        text.append('.').append(name);
        for (var argument : arguments) {
            text.append(' ').append(argument);
        }
        text.append('\n');
    }

    private void line(String content) {
        text.append(content).append('\n');
    }

    private static String bold(String content) {
        return "\\fB" + escaped(content) + "\\fR";
    }

    private static String italic(String content) {
        return "\\fI" + escaped(content) + "\\fR";
    }

    private static String quoted(String content) {
        return '"' + content.replace("-", "\\-") + '"';
    }

    /// As the macros have it: a backslash, a hyphen that is copied as such, and a line that begins
    /// with no macro. Picocli's marks for colours are gone.
    private static String escaped(String content) {
        var plain = Help.Ansi.OFF.string(content);
        var escaped = plain.replace("\\", "\\e").replace("-", "\\-").replace("%%", "%");
        return escaped.startsWith(".") || escaped.startsWith("'") ? "\\&" + escaped : escaped;
    }
}
