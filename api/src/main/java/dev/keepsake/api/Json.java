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

/// How answers are put together. Members that are not set are left out; times are epoch seconds
/// with milliseconds.
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

    /// One page of a list, and the token for the next.
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

    /// Puts a member, unless it is not set.
    static void putSet(ObjectNode node, String member, @Nullable String value) {
        if (value != null) {
            node.put(member, value);
        }
    }

    /// A decimal, because a double of this size is written with an exponent.
    static BigDecimal seconds(Instant time) {
        return BigDecimal.valueOf(time.toEpochMilli(), 3);
    }
}
