package dev.keepsake.api;

import dev.keepsake.control.ApiException;
import dev.keepsake.control.Fault;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// The members of a request, by name, each of the type that the service's model gives it. A member
/// that is missing or null is null; one of another type is a SerializationException, as the service
/// answers it. Members that nobody asks for are ignored.
record Members(JsonNode body) {
    @Nullable String string(String name) {
        var member = member(name);
        if (member == null) {
            return null;
        }
        if (!member.isString()) {
            throw wrongType(name, "STRING_VALUE", member);
        }
        return member.stringValue();
    }

    @Nullable Integer integer(String name) {
        var member = member(name);
        if (member == null) {
            return null;
        }
        if (!member.isIntegralNumber() || !member.canConvertToInt()) {
            throw wrongType(name, "INTEGER_VALUE", member);
        }
        return member.intValue();
    }

    @Nullable Boolean bool(String name) {
        var member = member(name);
        if (member == null) {
            return null;
        }
        if (!member.isBoolean()) {
            throw wrongType(name, "TRUE_VALUE or FALSE_VALUE", member);
        }
        return member.booleanValue();
    }

    /// Epoch seconds, with a fraction.
    @Nullable Instant timestamp(String name) {
        var member = member(name);
        if (member == null) {
            return null;
        }
        if (!member.isNumber()) {
            throw wrongType(name, "a number of seconds", member);
        }
        return Instant.ofEpochMilli(Math.round(member.doubleValue() * 1000));
    }

    <T> @Nullable List<T> list(String name, Function<Members, T> item) {
        var member = member(name);
        if (member == null) {
            return null;
        }
        if (!member.isArray()) {
            throw wrongType(name, "START_ARRAY", member);
        }
        var items = new ArrayList<T>();
        for (var element : member) {
            items.add(item.apply(new Members(element)));
        }
        return items;
    }

    @Nullable List<String> strings(String name) {
        return list(
                name,
                item -> {
                    if (!item.body().isString()) {
                        throw wrongType(name, "STRING_VALUE", item.body());
                    }
                    return item.body().stringValue();
                });
    }

    private @Nullable JsonNode member(String name) {
        if (!body.isObject()) {
            throw wrongType("the request", "START_OBJECT", body);
        }
        var member = body.get(name);
        return member == null || member.isNull() ? null : member;
    }

    private static ApiException wrongType(String name, String expected, JsonNode found) {
        return Fault.SERIALIZATION.because(
                "%s is of type %s; expected %s.", name, found.getNodeType(), expected);
    }
}
