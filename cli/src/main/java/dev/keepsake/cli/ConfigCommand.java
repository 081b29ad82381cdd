package dev.keepsake.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

/// `keepsake config`.
@Command(
        name = "config",
        header = "Prints the options that a start would use, and where each value comes from.",
        description = {
            "Takes the options of start. A value comes from the command line, or else from an"
                    + " environment variable such as KEEPSAKE_API_PORT, or else from the properties file of"
                    + " --config or KEEPSAKE_CONFIG, or else it is the default. Nothing is started."
        })
final class ConfigCommand implements Callable<Integer> {
    private static final String COMMAND_LINE = "command line";
    private static final String DEFAULT = "default";

    private final PrintWriter out;
    private final Settings settings;

    @Mixin private final StartCommand start;

    @Option(names = "--json", description = "Print one JSON object instead.")
    private boolean json;

    @Spec private CommandSpec spec = CommandSpec.create();

    ConfigCommand(PrintWriter out, Settings settings) {
        this.out = out;
        this.settings = settings;
        this.start = new StartCommand(out);
    }

    private record Line(String option, String value, String source) {}

    @Override
    public Integer call() {
        Logs.toNowhere();
        var lines = lines(spec.commandLine().getParseResult());
        if (json) {
            var mapper = new JsonMapper();
            var object = mapper.createObjectNode();
            for (var line : lines) {
                object.putObject(line.option().substring(2))
                        .put("value", line.value())
                        .put("source", line.source());
            }
            out.println(mapper.writeValueAsString(object));
        } else {
            int optionWidth = width(lines.stream().map(Line::option).toList());
            int valueWidth = width(lines.stream().map(Line::value).toList());
            for (var line : lines) {
                out.println(
                        ("%-" + optionWidth + "s  %-" + valueWidth + "s  %s")
                                .formatted(line.option(), line.value(), line.source()));
            }
        }
        out.flush();
        return Main.EXIT_OK;
    }

    private static int width(List<String> texts) {
        return texts.stream().mapToInt(String::length).max().orElse(1);
    }

    private List<Line> lines(ParseResult parsed) {
        var lines = new ArrayList<Line>();
        for (var option : CommandSpec.forAnnotatedObject(start).options()) {
            if (!Settings.maySet(option)) {
                continue;
            }
            var name = Settings.nameOf(option);
            var given = settings.of(name);
            if (parsed.hasMatchedOption(name)) {
                var values = parsed.matchedOption(name).originalStringValues();
                lines.add(line(name, String.join(":", values), COMMAND_LINE)); // as they are split
            } else if (given != null) {
                lines.add(line(name, given.value(), given.source()));
            } else {
                lines.add(line(name, defaultOf(option), DEFAULT));
            }
        }
        return lines;
    }

    private static String defaultOf(OptionSpec option) {
        if (option.defaultValue() != null) {
            return option.defaultValue();
        }
        return switch (option.initialValue()) {
            case null -> "";
            case List<?> _ -> "";
            case Enum<?> constant -> constant.name().toLowerCase(Locale.ROOT);
            case Object value -> value.toString();
        };
    }

    /// Without the password that a URL may contain.
    private static Line line(String option, String value, String source) {
        return new Line(option, value.replaceAll("//[^/@\\s]*@", "//***@"), source);
    }
}
