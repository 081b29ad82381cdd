package dev.keepsake.control;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// One parameter of a family: a row of `parameters.tsv`.
///
/// @param standard the value in a group that does not change it, or null for none
/// @param allowed a list, or ranges such as `0,20-`
/// @param by which part of Keepsake applies a change
/// @param most the largest accepted value, within `allowed`
public record Parameter(
        String name,
        @Nullable String standard,
        String type,
        @Nullable String allowed,
        By by,
        long most,
        String description) {
    /// The part of Keepsake that applies a change of a parameter.
    public enum By {
        /// The engine, by a directive with the parameter's name.
        ENGINE,
        /// The front.
        FRONT,
        /// No part. A change is refused.
        NOBODY
    }

    private static final List<Parameter> SIX = read('6');
    private static final List<Parameter> SEVEN = read('7');

    /// The parameters of a family, ordered by name.
    static List<Parameter> ofFamily(String family) {
        return family.equals("memorydb_redis6") ? SIX : SEVEN;
    }

    /// Whether the front applies a change of the parameter, not the engine.
    public static boolean isOfFront(String name) {
        return SEVEN.stream().anyMatch(row -> row.name.equals(name) && row.by == By.FRONT);
    }

    boolean carriedOut() {
        return by != By.NOBODY;
    }

    static Optional<Parameter> find(String family, String name) {
        return ofFamily(family).stream().filter(row -> row.name.equals(name)).findFirst();
    }

    /// The engine version that DescribeParameters names. Source: the service's samples.
    static String minimumEngineVersion(String family) {
        return switch (family) {
            case "memorydb_redis6" -> "6.2.4";
            case "memorydb_redis7" -> "7.0.5";
            default -> "7.2.6";
        };
    }

    /// Whether the parameter accepts that value.
    boolean allows(String value) {
        if (name.equals("notify-keyspace-events")) {
            return value.matches("[KEg$lshzxeAtmdn]*");
        }
        if (allowed == null) {
            return true;
        }
        if (!type.equals("integer")) {
            return List.of(allowed.split(",", -1)).contains(value);
        }
        if (!value.matches("-?\\d{1,18}")) {
            return false;
        }
        long number = Long.parseLong(value);
        for (String range : allowed.split(",", -1)) {
            int dash = range.indexOf('-');
            long least =
                    dash == 0 ? -1 : Long.parseLong(dash < 0 ? range : range.substring(0, dash));
            String to = dash < 0 ? range : range.substring(dash + 1);
            long greatest = to.isEmpty() ? most : Long.parseLong(to);
            if (number >= least && number <= greatest) {
                return true;
            }
        }
        return false;
    }

    private static List<Parameter> read(char family) {
        try (var in = Parameter.class.getResourceAsStream("parameters.tsv")) {
            if (in == null) {
                throw new IllegalStateException(
                        "parameters.tsv is missing from the control module");
            }
            return new String(in.readAllBytes(), UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(line -> List.of(line.split("\t", -1)))
                    .filter(row -> row.get(1).indexOf(family) >= 0)
                    .map(Parameter::ofRow)
                    .sorted(Comparator.comparing(Parameter::name))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("parameters.tsv cannot be read", e);
        }
    }

    private static Parameter ofRow(List<String> row) {
        String carried = row.get(5);
        int colon = carried.indexOf(':');
        return new Parameter(
                row.get(0),
                row.get(2).isEmpty() ? null : row.get(2),
                row.get(3),
                row.get(4).isEmpty() ? null : row.get(4),
                by(carried),
                colon < 0 ? Integer.MAX_VALUE : Long.parseLong(carried.substring(colon + 1)),
                row.get(6));
    }

    private static By by(String carried) {
        return switch (carried.replaceAll(":.*", "")) {
            case "engine" -> By.ENGINE;
            case "front" -> By.FRONT;
            case "no" -> By.NOBODY;
            default ->
                    throw new IllegalStateException(
                            "parameters.tsv has %s; expected engine, front or no"
                                    .formatted(carried));
        };
    }
}
