package dev.keepsake.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.keepsake.control.ControlUnavailableException;
import dev.keepsake.control.Fault;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import software.amazon.awssdk.services.memorydb.MemoryDbClient;
import software.amazon.awssdk.services.memorydb.model.MemoryDbException;
import software.amazon.awssdk.services.memorydb.model.MemoryDbRequest;

/// Faults on the wire, and the operations that are not offered.
class FaultAnswersTest {
    /// The faults of the service's page of common errors; the model does not have them.
    private static final Set<Fault> COMMON =
            Set.of(
                    Fault.SERIALIZATION,
                    Fault.REQUEST_TIMEOUT,
                    Fault.THROTTLING,
                    Fault.MALFORMED_HTTP_REQUEST,
                    Fault.INCOMPLETE_SIGNATURE,
                    Fault.UNKNOWN_OPERATION,
                    Fault.REQUEST_TOO_LARGE,
                    Fault.INTERNAL_FAILURE,
                    Fault.SERVICE_UNAVAILABLE,
                    Fault.ACCESS_DENIED,
                    Fault.INVALID_SIGNATURE,
                    Fault.MISSING_AUTHENTICATION_TOKEN,
                    Fault.UNRECOGNIZED_CLIENT);

    private final RunningApi api = new RunningApi();

    @AfterEach
    void close() {
        api.close();
    }

    @ParameterizedTest
    @EnumSource
    void aFaultHasItsNameItsStatusAndItsMessage(Fault fault) {
        api.control.failWith(fault.because("Because of %s.", "a \"test\" with ä\n"));
        var answer = api.call("DescribeClusters", "{}");
        assertThat(answer.refused(fault.httpStatus(), fault.code()))
                .isEqualTo("Because of a \"test\" with ä\n.");
    }

    @ParameterizedTest
    @EnumSource
    void aFaultOfTheModelIsTheSdksOwnException(Fault fault) {
        api.control.failWith(fault.because("Because."));
        try (var sdk = api.sdk()) {
            var thrown =
                    catchThrowableOfType(
                            MemoryDbException.class, () -> sdk.describeClusters(request -> {}));
            assertThat(thrown.statusCode()).isEqualTo(fault.httpStatus());
            assertThat(thrown.awsErrorDetails().errorCode()).isEqualTo(fault.code());
            assertThat(thrown.awsErrorDetails().errorMessage()).isEqualTo("Because.");
            assertThat(thrown.getClass() == MemoryDbException.class)
                    .as("%s is not of the model", fault)
                    .isEqualTo(COMMON.contains(fault));
            assertThat(
                            COMMON.contains(fault)
                                    || fault.httpStatus() == 400
                                    || fault == Fault.INVALID_CREDENTIALS)
                    .isTrue();
        }
    }

    @Test
    void whatGoesWrongInsideIsNotToldOutside() {
        api.control.failWith(new IllegalStateException("/var/secret/place is broken"));
        var answer = api.call("DescribeClusters", "{}");
        assertThat(answer.refused(500, "InternalFailure"))
                .doesNotContain("secret")
                .contains(answer.requestId());
    }

    @Test
    void aServerThatCannotKeepChangesIsNotAvailable() {
        api.control.failWith(new ControlUnavailableException("/var/secret/place is full"));
        for (String operation : new String[] {"DescribeClusters", "DescribeUsers"}) {
            var answer = api.call(operation, "{}");
            assertThat(answer.refused(503, "ServiceUnavailable"))
                    .doesNotContain("secret")
                    .contains(answer.requestId());
        }
    }

    @Test
    void everyAnswerHasItsOwnRequestId() {
        var ids = new HashSet<String>();
        for (int i = 0; i < 10; i++) {
            ids.add(api.call("DescribeClusters", "{}").requestId());
            ids.add(api.call("Nothing", "{}").requestId());
            ids.add(api.call("DescribeClusters", "{").requestId());
        }
        assertThat(ids).hasSize(30);
    }

    @Test
    void theModelHasFortyFiveOperations() {
        assertThat(operationsOfTheModel()).hasSize(45);
    }

    /// The operation is answered, or what is missing is named; nothing goes wrong inside.
    @ParameterizedTest
    @MethodSource("operationsOfTheModel")
    void everyOperationOfTheModelIsAnswered(String operation) {
        var answer = api.call(operation, "{}");
        if (answer.status() != 200) {
            assertThat(answer.refused(400, "InvalidParameterValueException"))
                    .endsWith("is required.");
        }
    }

    /// The SDK has a method for each, which takes a request of that name.
    static Set<String> operationsOfTheModel() {
        var names = new TreeSet<String>();
        Arrays.stream(MemoryDbClient.class.getMethods())
                .filter(FaultAnswersTest::isCall)
                .map(Method::getName)
                .map(name -> name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1))
                .forEach(names::add);
        return names;
    }

    private static boolean isCall(Method method) {
        return method.getParameterCount() == 1
                && MemoryDbRequest.class.isAssignableFrom(method.getParameterTypes()[0])
                && !method.getName().endsWith("Paginator");
    }
}
