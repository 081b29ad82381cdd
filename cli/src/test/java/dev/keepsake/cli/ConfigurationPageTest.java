package dev.keepsake.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/// `docs/configuration.md` lists the options of `keepsake start` as the command line has them.
/// `-DwritePage=true` writes the list anew.
class ConfigurationPageTest {
    private static final Path PAGE = Path.of("../docs/configuration.md");
    private static final String BEGIN = "<!-- options: written by ConfigurationPageTest -->\n";
    private static final String END = "<!-- end of options -->\n";
    private static final int WIDTH = 120;

    @Test
    void thePageSaysWhatTheCommandLineSays() throws Exception {
        String written = Files.readString(PAGE);
        int from = written.indexOf(BEGIN) + BEGIN.length();
        int to = written.indexOf(END);
        assertThat(from).as("where the options begin in %s", PAGE).isBetween(BEGIN.length(), to);
        String wanted = written.substring(0, from) + options() + written.substring(to);
        if (Boolean.getBoolean("writePage")) {
            Files.writeString(PAGE, wanted);
            return;
        }
        assertThat(written)
                .as("docs/configuration.md; -DwritePage=true writes its options anew")
                .isEqualTo(wanted);
    }

    private static String options() {
        var start =
                CommandSpec.forAnnotatedObject(
                        new StartCommand(new PrintWriter(new StringWriter())));
        var text = new StringBuilder();
        start.options().stream().filter(Settings::maySet).forEach(option -> append(option, text));
        return text.toString();
    }

    private static void append(OptionSpec option, StringBuilder text) {
        var name = Settings.nameOf(option);
        var label = option.arity().max() == 0 ? "" : " " + option.paramLabel();
        text.append("\n### `").append(name).append(label).append("`\n\n");
        for (var line : wrapped(String.join(" ", described(option)))) {
            text.append(line).append('\n');
        }
        text.append("\nVariable: `").append(Settings.variable(name)).append("`\n");
    }

    private static List<String> described(OptionSpec option) {
        var value = option.defaultValue() == null ? option.initialValue() : option.defaultValue();
        return List.of(option.description()).stream()
                .map(line -> line.replace("${DEFAULT-VALUE}", String.valueOf(value)))
                .toList();
    }

    private static List<String> wrapped(String text) {
        var lines = new ArrayList<String>();
        var line = new StringBuilder();
        for (var word : text.split(" ", -1)) {
            if (line.length() + 1 + word.length() > WIDTH) {
                lines.add(line.toString());
                line.setLength(0);
            }
            line.append(line.isEmpty() ? "" : " ").append(word);
        }
        lines.add(line.toString());
        return lines;
    }
}
