package dev.keepsake.cli;

import dev.keepsake.control.FailoverMode;
import dev.keepsake.core.AddressBlock;
import dev.keepsake.drill.DrillException;
import dev.keepsake.drill.DrillFault;
import dev.keepsake.drill.DrillOutcome;
import dev.keepsake.server.PortRange;
import dev.keepsake.server.StartException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.TypeConversionException;

/// The command line. It exits with 0, with 1 when something failed, or with 2 when the options are
/// wrong, with the reason on one line. A drill has further exit codes ([DrillOutcome]).
@Command(
        name = "keepsake",
        header = "Amazon MemoryDB on your own machines.",
        synopsisSubcommandLabel = "COMMAND")
public final class Main implements Runnable {
    static final int EXIT_OK = 0;
    static final int EXIT_FAILED = 1;
    static final int EXIT_USAGE = 2;

    /// The commands whose options may come from the environment and from a file.
    private static final Set<String> SET_UP = Set.of("start", "config", "ca", "engine");

    private final CommandLine commandLine;
    private final List<String> arguments;
    private final Settings settings;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = ScopeType.INHERIT,
            description = "Print this help and exit.")
    @SuppressWarnings("unused") // picocli only uses the annotation.
    private boolean isHelpWanted;

    private Main(PrintWriter out, PrintWriter err, List<String> arguments, Settings settings) {
        this.arguments = arguments;
        this.settings = settings;
        this.commandLine = new CommandLine(this);
        commandLine
                .addSubcommand(withSettings(new StartCommand(out)))
                .addSubcommand(withSettings(new ConfigCommand(out, settings)))
                .addSubcommand(new DrillCommand(Main.class.getName(), out, err))
                .addSubcommand(withSettings(new CaCommand(out)))
                .addSubcommand(withSettings(new EngineCommand(out)))
                .addSubcommand(new VersionCommand(out))
                .registerConverter(PortRange.class, readably(PortRange::parse))
                .registerConverter(AddressBlock.class, readably(AddressBlock::parse))
                .registerConverter(FailoverMode.class, readably(FailoverMode::of))
                .registerConverter(DrillFault.class, readably(DrillFault::ofKill))
                .setOut(out)
                .setErr(err)
                .setParameterExceptionHandler((e, _) -> refuse(e.getCommandLine(), e))
                .setExecutionExceptionHandler((e, failed, _) -> explain(e, failed));
    }

    private CommandLine withSettings(Object command) {
        return new CommandLine(command).setDefaultValueProvider(settings);
    }

    /// The command line, to describe it elsewhere: in manual pages, and to shells that complete it.
    public static CommandLine describe() {
        var nowhere = new PrintWriter(Writer.nullWriter());
        return new Main(nowhere, nowhere, List.of(), Settings.none()).commandLine;
    }

    /// Runs the command line and ends the process.
    public static void main(String[] args) {
        var out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
        var err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
        System.exit(run(out, err, args));
    }

    /// Runs the command line.
    ///
    /// @return the exit code
    static int run(PrintWriter out, PrintWriter err, String... args) {
        return run(out, err, System.getenv(), args);
    }

    /// Runs the command line in an environment.
    static int run(
            PrintWriter out, PrintWriter err, Map<String, String> environment, String... args) {
        var arguments = List.of(args);
        Settings settings;
        try {
            boolean isWanted = args.length > 0 && SET_UP.contains(args[0]);
            settings =
                    isWanted
                            ? Settings.read(
                                    CommandSpec.forAnnotatedObject(new StartCommand(out)),
                                    environment,
                                    arguments)
                            : Settings.none();
        } catch (UsageException e) {
            err.println("keepsake: " + e.getMessage());
            return EXIT_USAGE;
        }
        return new Main(out, err, arguments, settings).commandLine.execute(args);
    }

    /// Handles `keepsake` without a command.
    @Override
    public void run() {
        throw new ParameterException(
                commandLine, "say what to do: start, config, drill, ca, engine or version");
    }

    private static <T> ITypeConverter<T> readably(ITypeConverter<T> converter) {
        return text -> {
            try {
                return converter.convert(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        };
    }

    private int refuse(CommandLine refusing, Exception why) {
        var name = refusing.getCommandSpec().qualifiedName();
        var message = String.valueOf(why.getMessage());
        refusing.getErr()
                .println(
                        "keepsake: %s%s; see %s --help"
                                .formatted(message, settings.sources(message, arguments), name));
        return EXIT_USAGE;
    }

    private int explain(Exception e, CommandLine failed) {
        switch (e) {
            case UsageException usage -> {
                return refuse(failed, usage);
            }
            case StartException start -> {
                var message = String.valueOf(start.getMessage());
                failed.getErr()
                        .println("keepsake: " + message + settings.sources(message, arguments));
                return EXIT_USAGE;
            }
            case DrillException drill -> {
                failed.getErr().println("keepsake: " + drill.getMessage());
            }
            default -> {
                failed.getErr().println("keepsake: " + e + " (the log has the details)");
            }
        }
        LoggerFactory.getLogger(Main.class).error("{} failed", failed.getCommandName(), e);
        // A drill that ends with 1 says that writes are lost.
        return failed.getCommandSpec().userObject() instanceof DrillCommand
                ? DrillOutcome.INCOMPLETE.exitCode()
                : EXIT_FAILED;
    }
}
