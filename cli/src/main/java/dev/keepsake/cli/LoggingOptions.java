package dev.keepsake.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.logging.Formatter;
import picocli.CommandLine.Option;

/// The options that say what is logged, and in which form.
final class LoggingOptions {
    private static final String TEXT = "text";
    private static final String JSON = "json";
    private static final String INFO = "info";

    @Option(
            names = "--log-format",
            paramLabel = "FORMAT",
            description =
                    "The form of the log: text or json, with one line for each event (default:"
                            + " text).")
    private String format = TEXT;

    @Option(
            names = "--log-level",
            paramLabel = "LEVEL",
            description =
                    "The least level that is logged: error, warn, info, debug, trace or off."
                            + " Further levels may follow for packages, such as"
                            + " info,fleet=debug,io.netty=info (default: info; of libraries, warn).")
    private String levels = INFO;

    /// The settings that the options give.
    ///
    /// @param verbose whether stacks of exceptions are logged
    /// @throws UsageException when the options are wrong
    LogSettings settings(boolean verbose) throws UsageException {
        return new LogSettings(formatter(verbose), LogLevels.parse(levels));
    }

    private Formatter formatter(boolean verbose) throws UsageException {
        return switch (format) {
            case TEXT -> new LogLine(verbose);
            case JSON -> new JsonLogLine(verbose);
            default ->
                    throw new UsageException(
                            "--log-format is %s; give text or json".formatted(format));
        };
    }

    /// The same options for another process.
    List<String> arguments() {
        var arguments = new ArrayList<String>();
        if (!format.equals(TEXT)) {
            arguments.addAll(List.of("--log-format", format));
        }
        if (!levels.equals(INFO)) {
            arguments.addAll(List.of("--log-level", levels));
        }
        return arguments;
    }
}
