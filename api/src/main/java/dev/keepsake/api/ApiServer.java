package dev.keepsake.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keepsake.control.AccessStringCheck;
import dev.keepsake.control.ApiException;
import dev.keepsake.control.ControlService;
import dev.keepsake.control.ControlUnavailableException;
import dev.keepsake.control.Fault;
import dev.keepsake.core.Clock;
import dev.keepsake.core.SignatureV4;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// The AWS API over HTTP: `POST /` with `X-Amz-Target`, AWS JSON 1.1, and a health check. Requests
/// run on virtual threads and may block. Whatever goes wrong is answered as the service answers it,
/// never as a page.
public final class ApiServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ApiServer.class);
    private static final String TARGET_PREFIX = "AmazonMemoryDB.";
    private static final Pattern CONTENT_TYPES =
            Pattern.compile(
                    Pattern.quote(Answers.CONTENT_TYPE) + "\\s*(;.*)?", Pattern.CASE_INSENSITIVE);
    private static final HeaderName TARGET = HeaderNames.create("X-Amz-Target");
    private static final String DEFAULT_REGION = "us-east-1";

    // AWS4-HMAC-SHA256 Credential=<key>/<date>/<region>/<service>/aws4_request, …
    private static final Pattern CREDENTIAL =
            Pattern.compile(
                    "Credential=[^/,\\s]+/\\d{8}/([a-z0-9-]{1,63})/[a-z0-9-]+/aws4_request");

    private final WebServer web;
    private final Operations operations;
    private final int maxBodyBytes;
    private final @Nullable Signatures signatures;
    private final ResetCall reset;
    private final Clock clock;
    private final String caCertificate;
    private final JsonMapper json = JsonMapper.builder().build();

    private ApiServer(
            ApiConfig config,
            ControlService control,
            AccessStringCheck check,
            Clock clock,
            RandomGenerator random) {
        this.operations = new Operations(control, check, config, clock, random);
        this.maxBodyBytes = config.maxBodyBytes();
        var access = config.access();
        this.signatures =
                access.credentials().isEmpty() ? null : new Signatures(access.credentials());
        this.reset = new ResetCall(access.allowReset(), control, clock);
        this.clock = clock;
        this.caCertificate = config.caCertificate();
        this.web =
                WebServer.builder()
                        .host(config.host())
                        .port(config.port())
                        .shutdownHook(false)
                        .directHandlers(Answers.outsideOfRouting())
                        .shutdownGracePeriod(Duration.ofSeconds(1))
                        // The end of a long answer would wait for the client's next
                        // acknowledgement, which clients put off for 40 ms.
                        .connectionOptions(socket -> socket.tcpNoDelay(true))
                        .routing(routing ->
                                routing.post("/", this::call)
                                        .get("/_keepsake/health", ApiServer::health)
                                        .post("/_keepsake/reset", this::reset)
                                        .get("/_keepsake/ca.pem", this::caCertificate)
                                        .any(this::elsewhere))
                        .build();
    }

    /// Listens and answers.
    ///
    /// @throws IOException when the address cannot be listened on; the message names it
    public static ApiServer start(
            ApiConfig config,
            ControlService control,
            AccessStringCheck check,
            Clock clock,
            RandomGenerator random)
            throws IOException {
        var server = new ApiServer(config, control, check, clock, random);
        RuntimeException failure = null;
        try {
            server.web.start();
        } catch (RuntimeException e) {
            failure = e;
        }
        if (!server.web.isRunning() || server.web.port() < 0) { // not every failure is thrown
            server.web.stop();
            throw new IOException(
                    "the API cannot listen on %s:%d; is the port in use?"
                            .formatted(config.host(), config.port()),
                    failure);
        }
        return server;
    }

    /// Where it listens.
    public int port() {
        return web.port();
    }

    /// Stops listening and lets requests under way finish, for a second at most. Idempotent.
    @Override
    public void close() {
        web.stop();
    }

    private static void health(ServerRequest request, ServerResponse response) {
        response.header("Content-Type", "application/json").send("{\"status\":\"ok\"}");
    }

    private void caCertificate(ServerRequest request, ServerResponse response) {
        if (caCertificate.isEmpty()) {
            elsewhere(request, response);
        } else {
            response.header("Content-Type", "application/x-pem-file").send(caCertificate);
        }
    }

    private void call(ServerRequest request, ServerResponse response) {
        String requestId = Answers.newRequestId();
        try {
            // As the service does it: whom the call is for, who calls, and only then what is asked.
            String operation = operation(request);
            operations.expectKnown(operation);
            String region = region(request);
            var body = readBody(request);
            expectSigned(request, body);
            var answer = operations.answer(operation, json.readTree(asJson(body)), region);
            Answers.send(request, response, requestId, answer);
        } catch (JacksonException e) {
            Answers.fail(
                    request,
                    response,
                    requestId,
                    Fault.SERIALIZATION,
                    "The request is not valid JSON.");
        } catch (ApiException e) {
            Answers.fail(request, response, requestId, e.fault(), e.getMessage());
        } catch (IOException | RuntimeException e) {
            fail(request, response, requestId, e);
        }
    }

    private static void fail(
            ServerRequest request, ServerResponse response, String requestId, Exception e) {
        switch (e) {
            case ControlUnavailableException _ -> {
                LOG.warn(
                        "request={} cannot be carried out now reason={}",
                        requestId,
                        e.getMessage());
                Answers.fail(
                        request,
                        response,
                        requestId,
                        Fault.SERVICE_UNAVAILABLE,
                        "The server cannot do this at present; its log says why, at request %s."
                                .formatted(requestId));
            }
            case IOException _ ->
                    Answers.fail(
                            request,
                            response,
                            requestId,
                            Fault.SERIALIZATION,
                            "The request could not be read.");
            default -> {
                LOG.error("request={} failed", requestId, e);
                Answers.fail(
                        request,
                        response,
                        requestId,
                        Fault.INTERNAL_FAILURE,
                        "The request failed; the server's log says why, at request %s."
                                .formatted(requestId));
            }
        }
    }

    private void elsewhere(ServerRequest request, ServerResponse response) {
        Answers.fail(
                request,
                response,
                Answers.newRequestId(),
                Fault.UNKNOWN_OPERATION,
                "%s %s is not known; calls are sent as POST / with an X-Amz-Target header."
                        .formatted(request.prologue().method(), request.path().path()));
    }

    private byte[] readBody(ServerRequest request) throws IOException {
        if (!request.content().hasEntity()) {
            return new byte[0];
        }
        try (var in = request.content().inputStream()) {
            var body = in.readNBytes(maxBodyBytes + 1);
            if (body.length > maxBodyBytes) {
                throw Fault.REQUEST_TOO_LARGE.because(
                        "The request is larger than %d bytes.", maxBodyBytes);
            }
            return body;
        }
    }

    private static byte[] asJson(byte[] body) {
        return body.length == 0 ? "{}".getBytes(UTF_8) : body;
    }

    private void expectSigned(ServerRequest request, byte[] body) {
        if (signatures == null) {
            return;
        }
        signatures.verify(
                new Signatures.Signed(
                        request.path().path(),
                        name -> header(request, name),
                        request.headers().stream()
                                .map(header -> header.headerName().lowerCase())
                                .collect(Collectors.toSet()),
                        SignatureV4.sha256Hex(body)),
                clock.now());
    }

    private static @Nullable String header(ServerRequest request, String name) {
        var found = HeaderNames.create(name);
        return request.headers().contains(found)
                ? String.join(",", request.headers().get(found).allValues())
                : null;
    }

    private void reset(ServerRequest request, ServerResponse response) {
        String requestId = Answers.newRequestId();
        try {
            expectSigned(request, readBody(request));
            reset.carryOut();
            response.header("Content-Type", "application/json").send("{\"status\":\"reset\"}");
        } catch (ApiException e) {
            Answers.fail(request, response, requestId, e.fault(), e.getMessage());
        } catch (IOException | RuntimeException e) {
            fail(request, response, requestId, e);
        }
    }

    private static String operation(ServerRequest request) {
        String contentType = request.headers().first(HeaderNames.CONTENT_TYPE).orElse("");
        if (!CONTENT_TYPES.matcher(contentType).matches()) {
            throw Fault.UNKNOWN_OPERATION.because(
                    "The Content-Type is \"%s\"; expected %s.", contentType, Answers.CONTENT_TYPE);
        }
        String target = request.headers().first(TARGET).orElse("");
        if (!target.startsWith(TARGET_PREFIX)) {
            throw Fault.UNKNOWN_OPERATION.because(
                    "The X-Amz-Target is \"%s\"; expected %s and the name of an operation.",
                    target, TARGET_PREFIX);
        }
        return target.substring(TARGET_PREFIX.length());
    }

    /// The region of the credential's scope, whether or not the signature is verified.
    private static String region(ServerRequest request) {
        var authorization = request.headers().first(HeaderNames.AUTHORIZATION).orElse("");
        if (authorization.isEmpty()) {
            return DEFAULT_REGION;
        }
        var credential = CREDENTIAL.matcher(authorization);
        if (!authorization.startsWith("AWS4-HMAC-SHA256") || !credential.find()) {
            throw Fault.INCOMPLETE_SIGNATURE.because(
                    "The Authorization header has no Credential=KEY/DATE/REGION/SERVICE/aws4_request.");
        }
        return credential.group(1);
    }
}
