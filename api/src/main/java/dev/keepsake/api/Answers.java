package dev.keepsake.api;

import dev.keepsake.control.Fault;
import io.helidon.http.DirectHandler;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.http.DirectHandlers;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// How answers look on the wire: JSON, a request id, and faults by their names. Stateless.
final class Answers {
    static final String CONTENT_TYPE = "application/x-amz-json-1.1";

    private static final HeaderName REQUEST_ID = HeaderNames.create("x-amzn-RequestId");
    private static final HeaderName ERROR_TYPE = HeaderNames.create("x-amzn-ErrorType");
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private Answers() {}

    static String newRequestId() {
        return UUID.randomUUID().toString();
    }

    static void send(
            ServerRequest request, ServerResponse response, String requestId, ObjectNode answer) {
        send(request, response, requestId, Status.OK_200, JSON.writeValueAsBytes(answer));
    }

    static void fail(
            ServerRequest request,
            ServerResponse response,
            String requestId,
            Fault fault,
            @Nullable String message) {
        response.header(ERROR_TYPE, fault.code());
        send(request, response, requestId, Status.create(fault.httpStatus()), body(fault, message));
    }

    /// What answers a request that is not even HTTP, and is never routed.
    static DirectHandlers outsideOfRouting() {
        var handlers = DirectHandlers.builder();
        for (var type : DirectHandler.EventType.values()) {
            handlers.addHandler(type, Answers::unroutable);
        }
        return handlers.build();
    }

    private static DirectHandler.TransportResponse unroutable(
            DirectHandler.TransportRequest request,
            DirectHandler.EventType type,
            Status status,
            ServerResponseHeaders headers,
            String message) {
        var fault =
                switch (type) {
                    case PAYLOAD_TOO_LARGE -> Fault.REQUEST_TOO_LARGE;
                    case INTERNAL_ERROR -> Fault.INTERNAL_FAILURE;
                    case BAD_REQUEST, FORBIDDEN, OTHER, HTTP_VERSION_NOT_SUPPORTED ->
                            Fault.MALFORMED_HTTP_REQUEST;
                };
        return DirectHandler.TransportResponse.builder()
                .status(Status.create(fault.httpStatus()))
                .headers(headers)
                .header(HeaderNames.CONTENT_TYPE, CONTENT_TYPE)
                .header(REQUEST_ID, newRequestId())
                .header(ERROR_TYPE, fault.code())
                .keepAlive(false)
                .entity(body(fault, "The request cannot be understood as HTTP/1.1."))
                .build();
    }

    private static byte[] body(Fault fault, @Nullable String message) {
        var body = JsonNodeFactory.instance.objectNode();
        body.put("__type", fault.code());
        body.put("message", message);
        return JSON.writeValueAsBytes(body);
    }

    private static void send(
            ServerRequest request,
            ServerResponse response,
            String requestId,
            Status status,
            byte[] body) {
        response.status(status)
                .header(HeaderNames.CONTENT_TYPE, CONTENT_TYPE)
                .header(REQUEST_ID, requestId);
        if (request.prologue().method().equals(Method.HEAD)) {
            response.send(); // a body would be taken for the next answer
        } else {
            response.send(body);
        }
    }
}
