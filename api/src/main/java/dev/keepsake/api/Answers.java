package dev.keepsake.api;

import dev.keepsake.control.ApiException;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Makes HTTP answers: JSON, a request id, and errors by their names. Stateless.
final class Answers {
    static final String CONTENT_TYPE = "application/x-amz-json-1.1";
    static final String REQUEST_ID = "x-amzn-RequestId";
    static final String ERROR_TYPE = "x-amzn-ErrorType";

    private static final int SHOWN_MAX = 200;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private Answers() {}

    static String newRequestId() {
        return UUID.randomUUID().toString();
    }

    static HttpAnswer of(String requestId, ObjectNode answer) {
        return new HttpAnswer(
                200,
                CONTENT_TYPE,
                List.of(new HttpHead.Header(REQUEST_ID, requestId)),
                JSON.writeValueAsBytes(answer));
    }

    static HttpAnswer fault(String requestId, ApiException refusal) {
        return fault(requestId, refusal.fault(), refusal.getMessage());
    }

    static HttpAnswer fault(String requestId, ApiException.Kind fault, @Nullable String message) {
        return new HttpAnswer(
                fault.httpStatus(),
                CONTENT_TYPE,
                List.of(
                        new HttpHead.Header(REQUEST_ID, requestId),
                        new HttpHead.Header(ERROR_TYPE, fault.code())),
                fault(fault.code(), message));
    }

    /// The body of an error, also of one that the service does not have.
    static byte[] fault(String code, @Nullable String message) {
        var body = JsonNodeFactory.instance.objectNode();
        body.put("__type", code);
        body.put("message", message);
        return JSON.writeValueAsBytes(body);
    }

    /// A part of the request for a message, cut to a bounded length.
    static String shown(String found) {
        return found.length() <= SHOWN_MAX ? found : found.substring(0, SHOWN_MAX) + "…";
    }
}
