package dev.keepsake.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/// The options of `keepsake start` that are given in the environment or in a properties file. An
/// option of the command line takes precedence over the environment, and that over the file.
/// Immutable.
final class Settings implements IDefaultValueProvider {
    static final String FILE_OPTION = "--config";
    private static final String FILE_VARIABLE = variable(FILE_OPTION);

    /// @param value as it was given
    /// @param source where, for people
    record Given(String value, String source) {}

    private final Map<String, Given> byOption;

    private Settings(Map<String, Given> byOption) {
        this.byOption = Map.copyOf(byOption);
    }

    /// Reads the environment, and the file that it or the command line names.
    ///
    /// @param start the command whose options count
    /// @param arguments the command line
    /// @throws UsageException when the file cannot be read, or names something that is no option
    static Settings read(CommandSpec start, Map<String, String> environment, List<String> arguments)
            throws UsageException {
        var given = new HashMap<String, Given>();
        var options = namesOf(start);
        var file = file(environment, arguments);
        if (file != null) {
            for (var entry : properties(file).entrySet()) {
                var option = "--" + entry.getKey();
                if (!options.contains(option)) {
                    throw new UsageException(
                            "%s has the line '%s', which is no option of start; 'keepsake config'"
                                            .formatted(file, entry.getKey())
                                    + " lists them all");
                }
                put(given, option, entry.getValue(), file.toString());
            }
        }
        for (var option : options) {
            put(given, option, environment.getOrDefault(variable(option), ""), variable(option));
        }
        return new Settings(given);
    }

    /// What is empty is not given, as a variable that some file passes on without having it.
    private static void put(Map<String, Given> given, String option, String value, String source) {
        if (!value.isBlank()) {
            given.put(option, new Given(value.strip(), source));
        }
    }

    /// None at all.
    static Settings none() {
        return new Settings(Map.of());
    }

    /// The name of the environment variable that stands for an option.
    static String variable(String option) {
        return "KEEPSAKE_" + option.substring(2).replace('-', '_').toUpperCase(Locale.ROOT);
    }

    /// The options that may be given so: all but hidden ones, those that ask for something else
    /// than a start, and the one that names the file.
    static boolean maySet(OptionSpec option) {
        return !option.hidden() && !option.usageHelp() && !nameOf(option).equals(FILE_OPTION);
    }

    /// The name of an option; further ones are those of before.
    static String nameOf(OptionSpec option) {
        return option.names()[0];
    }

    /// What was given for an option other than on the command line, or null.
    @Nullable Given of(String option) {
        return byOption.get(option);
    }

    /// The value, whatever else the command line says; picocli then overwrites it.
    @Override
    public @Nullable String defaultValue(ArgSpec argument) {
        var given = argument instanceof OptionSpec option ? of(nameOf(option)) : null;
        return given == null ? null : given.value();
    }

    /// Says where the options that a message names come from, when that is not the command line.
    ///
    /// @return such as ` (--api-port comes from KEEPSAKE_API_PORT)`, or empty
    String sources(String message, List<String> arguments) {
        var named =
                byOption.entrySet().stream()
                        .filter(entry -> isNamed(entry.getKey(), message))
                        .filter(entry ->
                                arguments.stream().noneMatch(a -> gives(a, entry.getKey())))
                        .map(entry -> entry.getKey() + " comes from " + entry.getValue().source())
                        .sorted()
                        .collect(Collectors.joining(", "));
        return named.isEmpty() ? "" : " (" + named + ")";
    }

    private static boolean isNamed(String option, String message) {
        return message.matches("(?s).*(?<![\\w-])" + option + "(?![\\w-]).*");
    }

    private static boolean gives(String argument, String option) {
        return argument.equals(option) || argument.startsWith(option + "=");
    }

    private static Set<String> namesOf(CommandSpec start) {
        return start.options().stream()
                .filter(Settings::maySet)
                .map(Settings::nameOf)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static @Nullable Path file(Map<String, String> environment, List<String> arguments) {
        for (int i = 0; i < arguments.size(); i++) {
            var argument = arguments.get(i);
            if (argument.startsWith(FILE_OPTION + "=")) {
                return Path.of(argument.substring(FILE_OPTION.length() + 1));
            }
            if (argument.equals(FILE_OPTION) && i + 1 < arguments.size()) {
                return Path.of(arguments.get(i + 1));
            }
        }
        var named = environment.get(FILE_VARIABLE);
        return named == null || named.isEmpty() ? null : Path.of(named);
    }

    private static Map<String, String> properties(Path file) throws UsageException {
        var properties = new Properties();
        try (Reader reader = Files.newBufferedReader(file, UTF_8)) {
            properties.load(reader);
        } catch (IOException | IllegalArgumentException e) {
            throw new UsageException(
                    "%s is %s, which cannot be read as properties (%s); give a file with lines such as"
                                    .formatted(FILE_OPTION, file, e)
                            + " api-port=8379",
                    e);
        }
        return properties.stringPropertyNames().stream()
                .collect(Collectors.toMap(name -> name, properties::getProperty));
    }
}
