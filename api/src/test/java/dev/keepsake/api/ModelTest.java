package dev.keepsake.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.control.Fault;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import software.amazon.awssdk.core.SdkField;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.core.protocol.MarshallingKnownType;
import software.amazon.awssdk.core.traits.ListTrait;
import software.amazon.awssdk.services.memorydb.MemoryDbClient;
import software.amazon.awssdk.services.memorydb.model.MemoryDbException;
import software.amazon.awssdk.services.memorydb.model.MemoryDbRequest;

/// Walks the model that the AWS SDK for Java was made from: what is in it is in our tables, too.
class ModelTest {
    private static final String PACKAGE = "software.amazon.awssdk.services.memorydb.model.";

    private final Model model = Model.standard();

    @Test
    void everyOperationIsKnown() {
        assertThat(model.operations())
                .containsAll(FaultAnswersTest.operationsOfTheModel())
                .hasSize(45);
    }

    @ParameterizedTest
    @MethodSource("operations")
    void everyMemberThatAnOperationTakesOrAnswersIsKnownWithItsType(String operation)
            throws ReflectiveOperationException {
        assertKnown(operation + "Request", pojo(sdkName(operation) + "Request"), new TreeSet<>());
        assertKnown(operation + "Response", pojo(sdkName(operation) + "Response"), new TreeSet<>());
    }

    private static Set<String> operations() {
        return Model.standard().operations();
    }

    /// The SDK's names of classes have no two capitals in a row.
    private static String sdkName(String operation) {
        return operation.replace("ACLs", "AcLs").replace("ACL", "Acl");
    }

    private static SdkPojo pojo(String name) throws ReflectiveOperationException {
        var type = Class.forName(PACKAGE + name);
        var builder = type.getMethod("builder").invoke(null);
        return (SdkPojo) builder;
    }

    private void assertKnown(String shape, SdkPojo pojo, Set<String> seen) {
        if (!seen.add(shape)) {
            return;
        }
        var members = model.members(shape);
        for (var field : pojo.sdkFields()) {
            var member = members.get(field.locationName());
            assertThat(member).as("%s.%s", shape, field.locationName()).isNotNull();
            String type = member == null ? "" : member.type();
            assertThat(kindOf(type)).as(shape + "." + field.locationName()).isEqualTo(kind(field));
            assertKnownInside(type, field, seen);
        }
    }

    private void assertKnownInside(String type, SdkField<?> field, Set<String> seen) {
        if (kind(field) == MarshallingKnownType.SDK_POJO) {
            assertKnown(type, field.constructor().get(), seen);
        }
        if (kind(field) == MarshallingKnownType.LIST) {
            var item = field.getTrait(ListTrait.class).memberFieldInfo();
            assertKnownInside(type.substring(1, type.lastIndexOf(']')), item, seen);
        }
    }

    private static MarshallingKnownType kind(SdkField<?> field) {
        return ModelShape.kind(field);
    }

    private MarshallingKnownType kindOf(String type) {
        if (type.startsWith("[")) {
            return MarshallingKnownType.LIST;
        }
        if (model.shapes().contains(type)) {
            return MarshallingKnownType.SDK_POJO;
        }
        return switch (type) {
            case "integer" -> MarshallingKnownType.INTEGER;
            case "boolean" -> MarshallingKnownType.BOOLEAN;
            case "timestamp" -> MarshallingKnownType.INSTANT;
            case "double" -> MarshallingKnownType.DOUBLE;
            default -> MarshallingKnownType.STRING;
        };
    }

    @Test
    void everyValueOfAnEnumerationIsKnown() throws Exception {
        var enumerations = classes(Class::isEnum);
        assertThat(enumerations).isNotEmpty();
        for (var type : enumerations) {
            var values =
                    Arrays.stream(type.getEnumConstants())
                            .map(String::valueOf)
                            .filter(value -> !value.equals("null"))
                            .toList();
            assertThat(model.values(type.getSimpleName()))
                    .as(type.getSimpleName())
                    .containsAll(values);
        }
    }

    @Test
    void everyFaultIsKnown() throws Exception {
        var known =
                Arrays.stream(Fault.values())
                        .map(fault -> plain(fault.code()))
                        .collect(Collectors.toSet());
        var faults = classes(ModelTest::isOwn);
        assertThat(faults).hasSizeGreaterThan(50);
        for (var fault : faults) {
            assertThat(known).contains(plain(fault.getSimpleName()));
        }
    }

    @Test
    void everyFaultThatAnOperationDeclaresHasARow() {
        var codes = Arrays.stream(Fault.values()).map(Fault::code).toList();
        for (String operation : model.operations()) {
            assertThat(codes).as(operation).containsAll(model.faultsOf(operation));
        }
    }

    /// The SDK's methods name the exceptions of their operations, besides the general ones.
    @Test
    void everyOperationDeclaresItsOwnFaults() {
        var codes =
                Arrays.stream(Fault.values())
                        .collect(Collectors.toMap(fault -> plain(fault.code()), Fault::code));
        var checked = new TreeSet<String>();
        for (var method : MemoryDbClient.class.getMethods()) {
            String name = method.getName();
            String operation = name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1);
            if (model.operations().contains(operation)) {
                var declared =
                        Arrays.stream(method.getExceptionTypes())
                                .filter(ModelTest::isOwn)
                                .map(type -> codes.get(plain(type.getSimpleName())))
                                .collect(Collectors.toSet());
                assertThat(model.faultsOf(operation)).as(operation).isEqualTo(declared);
                checked.add(operation);
            }
        }
        assertThat(checked).isEqualTo(model.operations());
    }

    private static boolean isOwn(Class<?> type) {
        return MemoryDbException.class.isAssignableFrom(type) && type != MemoryDbException.class;
    }

    private static String plain(String fault) {
        return fault.replaceFirst("(Fault|Exception)$", "")
                .replaceFirst("(Fault|Exception)$", "")
                .toLowerCase(Locale.ROOT);
    }

    private static Set<Class<?>> classes(Predicate<Class<?>> wanted)
            throws IOException, URISyntaxException, ReflectiveOperationException {
        var source = MemoryDbRequest.class.getProtectionDomain().getCodeSource().getLocation();
        var found = new HashSet<Class<?>>();
        try (var jar = new JarFile(Path.of(source.toURI()).toFile())) {
            for (var entries = jar.entries(); entries.hasMoreElements(); ) {
                String name = entries.nextElement().getName().replace('/', '.');
                if (name.startsWith(PACKAGE) && name.endsWith(".class") && !name.contains("$")) {
                    var type = Class.forName(name.substring(0, name.length() - 6));
                    if (wanted.test(type)) {
                        found.add(type);
                    }
                }
            }
        }
        return found;
    }
}
