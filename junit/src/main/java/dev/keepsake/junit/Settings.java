package dev.keepsake.junit;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/// What users set for all of their tests: as a configuration parameter of JUnit, which may be a
/// system property, or as an environment variable. The parameter `keepsake.java.home` and the
/// variable `KEEPSAKE_JAVA_HOME` are the same setting. Immutable.
final class Settings {
    /// Where the server's Java is.
    static final String JAVA_HOME = "keepsake.java.home";

    /// Where the server is, when it is not the bundled one.
    static final String HOME = "keepsake.home";

    /// Where the bundled server is unpacked to.
    static final String CACHE = "keepsake.cache";

    /// How long anything may take before it counts as failed, in seconds.
    static final String TIMEOUT_S = "keepsake.timeout.s";

    private final Function<String, Optional<String>> parameters;
    private final Map<String, String> environment;

    /// @param parameters configuration parameters by their names
    Settings(Function<String, Optional<String>> parameters, Map<String, String> environment) {
        this.parameters = parameters;
        this.environment = Map.copyOf(environment);
    }

    /// A setting with a value.
    ///
    /// @param name where the value comes from, for people
    record Given(String name, String value) {}

    /// A setting; empty when it is not set, or to nothing.
    Optional<Given> of(String name) {
        return parameters
                .apply(name)
                .map(value -> new Given(name, value.strip()))
                .or(() -> ofEnvironment(variable(name)))
                .filter(given -> !given.value().isEmpty());
    }

    /// A variable of the environment; empty when it is not set, or to nothing.
    Optional<Given> ofEnvironment(String variable) {
        return Optional.ofNullable(environment.get(variable))
                .map(value -> new Given(variable, value.strip()))
                .filter(given -> !given.value().isEmpty());
    }

    /// The environment variable that stands for a parameter.
    static String variable(String name) {
        return name.replace('.', '_').toUpperCase(Locale.ROOT);
    }

    /// A number that is positive.
    int positive(String name, int otherwise) {
        var given = of(name);
        if (given.isEmpty()) {
            return otherwise;
        }
        try {
            int number = Integer.parseInt(given.get().value());
            if (number > 0) {
                return number;
            }
        } catch (NumberFormatException e) {
            // It is named below, like any other wrong value.
        }
        throw new KeepsakeException(
                "%s is %s; give a number above 0, or omit it for %d"
                        .formatted(given.get().name(), given.get().value(), otherwise));
    }
}
