package dev.keepsake.api;

import dev.keepsake.control.Page;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.Collection;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Builds JSON answers. Members without a value are omitted. Times are epoch seconds with
/// milliseconds.
final class Json {
    private static final JsonNodeFactory FACTORY = JsonNodeFactory.instance;

    private Json() {}

    static ObjectNode object() {
        return FACTORY.objectNode();
    }

    /// An answer with one member.
    static ObjectNode wrapped(String member, ObjectNode value) {
        var answer = object();
        answer.set(member, value);
        return answer;
    }

    static ArrayNode strings(Collection<String> values) {
        var array = FACTORY.arrayNode();
        values.forEach(array::add);
        return array;
    }

    /// One page of a list, and the token of the next page.
    static <T> ObjectNode page(String member, Page<T> page, Function<T, ObjectNode> shape) {
        var answer = object();
        var items = answer.putArray(member);
        page.items().forEach(item -> items.add(shape.apply(item)));
        putSet(answer, "NextToken", page.nextToken());
        return answer;
    }

    static ArrayNode tags(Map<String, String> tags) {
        var array = FACTORY.arrayNode();
        tags.forEach((key, value) -> array.addObject().put("Key", key).put("Value", value));
        return array;
    }

    /// Sets a member, unless the value is null.
    static void putSet(ObjectNode node, String member, @Nullable String value) {
        if (value != null) {
            node.put(member, value);
        }
    }

    /// The time as a decimal number, because a double of this size would be written with an
    /// exponent.
    static BigDecimal seconds(Instant time) {
        return BigDecimal.valueOf(time.toEpochMilli(), 3);
    }
}
