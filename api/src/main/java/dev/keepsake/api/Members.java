package dev.keepsake.api;

import dev.keepsake.control.ApiException;
import dev.keepsake.control.Fault;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// The members of a request, by name, each with the type of the service's model. A missing member
/// and a null are null. A member of another type is a SerializationException, as in the service.
/// Unknown members are ignored.
///
/// @param name the structure that the members belong to, for messages
record Members(String name, JsonNode body) {
    /// The members of a whole request.
    static Members of(JsonNode request) {
        if (!request.isObject()) {
            throw wrongType("The request", "START_OBJECT", request);
        }
        return new Members("The request", request);
    }

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

    /// A time: epoch seconds, with a fraction.
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
            items.add(item.apply(new Members("A member of " + name, element)));
        }
        return items;
    }

    @Nullable List<String> strings(String name) {
        return list(
                name,
                item -> {
                    if (!item.body().isString()) {
                        throw wrongType(item.name(), "STRING_VALUE", item.body());
                    }
                    return item.body().stringValue();
                });
    }

    /// A structure, or null.
    @Nullable Members nested(String name) {
        var member = member(name);
        return member == null ? null : new Members(name, member);
    }

    private @Nullable JsonNode member(String member) {
        if (!body.isObject()) {
            throw wrongType(name, "START_OBJECT", body);
        }
        var found = body.get(member);
        return found == null || found.isNull() ? null : found;
    }

    static ApiException wrongType(String name, String expected, JsonNode found) {
        return Fault.SERIALIZATION.because(
                "%s is of type %s; expected %s.", name, found.getNodeType(), expected);
    }
}
