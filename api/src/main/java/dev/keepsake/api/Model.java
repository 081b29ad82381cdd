package dev.keepsake.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keepsake.control.ApiException;
import dev.keepsake.control.Fault;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// The service's model, from the tables `operations.tsv`, `members.tsv` and `types.tsv`: the
/// operations, their inputs and outputs, and the errors that they declare. Immutable; any thread.
final class Model {
    private static final Model STANDARD = new Model();

    private final Map<String, Set<String>> faults = new TreeMap<>();
    private final Map<String, Map<String, Member>> shapes = new TreeMap<>();
    private final Map<String, Text> texts = new TreeMap<>();

    /// A member of a structure.
    record Member(String name, String type, boolean required) {}

    /// The restrictions of a string type.
    ///
    /// @param values the allowed values, or empty when every text that fits the pattern is allowed
    record Text(List<String> values, int shortest, int longest, @Nullable Pattern pattern) {}

    private Model() {
        for (var row : rows("operations.tsv")) {
            faults.put(row.get(0), new TreeSet<>(List.of(row.get(1).split(",", -1))));
            shapes.put(row.get(0) + "Request", new LinkedHashMap<>());
            shapes.put(row.get(0) + "Response", new LinkedHashMap<>());
        }
        for (var row : rows("members.tsv")) {
            var member = new Member(row.get(1), row.get(2), row.get(3).equals("required"));
            shapes.computeIfAbsent(row.get(0), missing -> new LinkedHashMap<>())
                    .put(member.name(), member);
        }
        for (var row : rows("types.tsv")) {
            texts.put(row.get(0), text(row));
        }
    }

    static Model standard() {
        return STANDARD;
    }

    private static Text text(List<String> row) {
        if (row.get(1).equals("enum")) {
            return new Text(List.of(row.get(2).split("\\|", -1)), 0, Integer.MAX_VALUE, null);
        }
        var pattern = row.get(3).isEmpty() ? null : Pattern.compile(row.get(3));
        return new Text(List.of(), bound(row.get(2), 0), bound(row.get(2), 1), pattern);
    }

    private static List<List<String>> rows(String table) {
        try (var in = Model.class.getResourceAsStream(table)) {
            if (in == null) {
                throw new IllegalStateException(table + " is missing from the api module");
            }
            return new String(in.readAllBytes(), UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(line -> List.of(line.split("\t", -1)))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(table + " cannot be read", e);
        }
    }

    /// The names of all operations.
    Set<String> operations() {
        return faults.keySet();
    }

    /// The errors that an operation declares, by their names on the wire.
    Set<String> faultsOf(String operation) {
        return faults.getOrDefault(operation, Set.of());
    }

    /// The members of a structure, such as `Cluster` or `CreateClusterRequest`.
    Map<String, Member> members(String shape) {
        return shapes.getOrDefault(shape, Map.of());
    }

    /// The names of all structures.
    Set<String> shapes() {
        return shapes.keySet();
    }

    /// The values of an enumeration.
    List<String> values(String type) {
        var text = texts.get(type);
        return text == null ? List.of() : text.values();
    }

    /// The names of all enumerations.
    Set<String> enumerations() {
        var names = new TreeSet<String>();
        texts.forEach((name, text) -> {
            if (!text.values().isEmpty()) {
                names.add(name);
            }
        });
        return names;
    }

    /// Checks a request against the model: first the types of all members, then the required ones
    /// and the values. Unknown members are ignored.
    ///
    /// @throws ApiException about the first error
    void check(String operation, JsonNode request) {
        checkTypes("The request", operation + "Request", request);
        checkValues(operation + "Request", request);
    }

    private void checkTypes(String name, String type, JsonNode value) {
        String item = itemOf(type);
        if (item != null) {
            expect(value.isArray(), name, "START_ARRAY", value);
            value.forEach(element -> checkTypes("A member of " + name, item, element));
        } else if (shapes.containsKey(type)) {
            expect(value.isObject(), name, "START_OBJECT", value);
            for (var member : members(type).values()) {
                var found = present(value, member.name());
                if (found != null) {
                    checkTypes(member.name(), member.type(), found);
                }
            }
        } else {
            checkScalar(name, type, value);
        }
    }

    private static void checkScalar(String name, String type, JsonNode value) {
        switch (type) {
            case "integer" ->
                    expect(
                            value.isIntegralNumber() && value.canConvertToInt(),
                            name,
                            "INTEGER_VALUE",
                            value);
            case "boolean" -> expect(value.isBoolean(), name, "TRUE_VALUE or FALSE_VALUE", value);
            case "timestamp" -> expect(value.isNumber(), name, "a number of seconds", value);
            case "double" -> expect(value.isNumber(), name, "a number", value);
            default -> {
                expect(value.isString(), name, "STRING_VALUE", value);
                expectText(name, value.stringValue());
            }
        }
    }

    /// Checks the text's characters. Half of a surrogate pair is not a character, and could be
    /// neither stored nor returned.
    private static void expectText(String name, String value) {
        if (value.codePoints().anyMatch(point -> Character.getType(point) == Character.SURROGATE)) {
            throw Fault.SERIALIZATION.because(
                    "%s is not valid Unicode: it has half of a surrogate pair.", name);
        }
    }

    private static void expect(boolean fits, String name, String expected, JsonNode found) {
        if (!fits) {
            throw Members.wrongType(name, expected, found);
        }
    }

    private void checkValues(String shape, JsonNode structure) {
        for (var member : members(shape).values()) {
            var found = present(structure, member.name());
            if (found != null) {
                checkValue(member.name(), member.type(), found);
            } else if (member.required()) {
                throw Fault.INVALID_PARAMETER_VALUE.because("%s is required.", member.name());
            }
        }
    }

    private void checkValue(String name, String type, JsonNode value) {
        String item = itemOf(type);
        if (item != null) {
            String bounds = type.substring(type.lastIndexOf(']') + 1).replaceAll("[{}]", "");
            if (!bounds.isEmpty()
                    && (value.size() < bound(bounds, 0) || value.size() > bound(bounds, 1))) {
                throw Fault.INVALID_PARAMETER_VALUE.because(
                        "%s has %d items; expected %s.", name, value.size(), bounds);
            }
            value.forEach(element -> checkValue(name, item, element));
        } else if (shapes.containsKey(type)) {
            checkValues(type, value);
        } else {
            var text = texts.get(type);
            if (text != null) {
                checkText(name, text, value.stringValue());
            }
        }
    }

    private static void checkText(String name, Text text, String value) {
        if (!text.values().isEmpty() && !text.values().contains(value)) {
            throw Fault.INVALID_PARAMETER_VALUE.because(
                    "%s is %s; expected one of %s.",
                    name, value, String.join(", ", new ArrayList<>(new TreeSet<>(text.values()))));
        }
        if (value.isBlank() && text.pattern() != null) {
            throw Fault.INVALID_PARAMETER_VALUE.because("%s is required.", name);
        }
        boolean fits = text.pattern() == null || text.pattern().matcher(value).matches();
        if (!fits || value.length() < text.shortest() || value.length() > text.longest()) {
            throw Fault.INVALID_PARAMETER_VALUE.because(
                    "%s is not valid: it has %d characters; expected what fits %s.",
                    name,
                    value.length(),
                    text.pattern() == null
                            ? "%d to %d characters".formatted(text.shortest(), text.longest())
                            : text.pattern().pattern());
        }
    }

    /// The type of the items of a list; null when the type is not a list.
    private static @Nullable String itemOf(String type) {
        return type.startsWith("[") ? type.substring(1, type.lastIndexOf(']')) : null;
    }

    private static int bound(String bounds, int which) {
        String bound = List.of(bounds.split("\\.\\.", -1)).get(which);
        return bound.isEmpty() ? which == 0 ? 0 : Integer.MAX_VALUE : Integer.parseInt(bound);
    }

    private static @Nullable JsonNode present(JsonNode structure, String member) {
        var found = structure.get(member);
        return found == null || found.isNull() ? null : found;
    }
}
