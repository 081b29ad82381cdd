package dev.keepsake.api;

import static org.assertj.core.api.Assertions.assertThat;

import software.amazon.awssdk.core.SdkField;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.core.protocol.MarshallingKnownType;
import software.amazon.awssdk.core.traits.ListTrait;
import tools.jackson.databind.JsonNode;

/// Holds JSON against a shape of the service's model, as the AWS SDK has it. The SDK reads over
/// members that it does not know or cannot convert, so that it could read an answer proves little.
final class ModelShape {
    private ModelShape() {}

    /// Every member is one of the shape's, and of the type that the model gives it.
    static void assertFits(JsonNode json, SdkPojo shape) {
        assertThat(json.isObject()).as("%s is an object", json).isTrue();
        var fields = shape.sdkFields();
        json.properties()
                .forEach(member ->
                        assertThat(fields)
                                .as("members of %s", shape.getClass().getSimpleName())
                                .filteredOn(field -> field.locationName().equals(member.getKey()))
                                .singleElement()
                                .satisfies(field -> assertFits(member.getValue(), field)));
    }

    private static void assertFits(JsonNode value, SdkField<?> field) {
        boolean fits =
                switch (kind(field)) {
                    case STRING -> value.isString();
                    case INTEGER -> value.isInt();
                    case BOOLEAN -> value.isBoolean();
                    case DOUBLE, INSTANT -> value.isNumber();
                    case LIST -> value.isArray();
                    case SDK_POJO -> value.isObject();
                    default ->
                            throw new AssertionError(
                                    "the model has a %s now".formatted(kind(field)));
                };
        assertThat(fits).as("%s is %s", field.locationName(), value).isTrue();
        if (kind(field) == MarshallingKnownType.SDK_POJO) {
            assertFits(value, field.constructor().get());
        }
        if (kind(field) == MarshallingKnownType.LIST) {
            var item = field.getTrait(ListTrait.class).memberFieldInfo();
            value.forEach(element -> assertFits(element, item));
        }
    }

    static MarshallingKnownType kind(SdkField<?> field) {
        return field.marshallingType().getKnownType();
    }
}
