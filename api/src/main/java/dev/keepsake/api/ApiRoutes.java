package dev.keepsake.api;

import dev.keepsake.control.AccessStringCheck;
import dev.keepsake.control.ApiException;
import dev.keepsake.control.ControlService;
import dev.keepsake.control.ControlUnavailableException;
import dev.keepsake.control.Fault;
import dev.keepsake.core.Clock;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Chooses the answer to each request. Owned by the event loop.
final class ApiRoutes implements HttpService {
    static final String TARGET_PREFIX = "AmazonMemoryDB.";

    private static final Logger LOG = LoggerFactory.getLogger(ApiRoutes.class);
    private static final Pattern CONTENT_TYPES =
            Pattern.compile(
                    Pattern.quote(Answers.CONTENT_TYPE) + "\\s*(;.*)?", Pattern.CASE_INSENSITIVE);

    /// The content types that no form of a web page can send.
    private static final Pattern JSON_TYPES =
            Pattern.compile(
                    "application/(json|x-amz-json-1\\.1)\\s*(;.*)?", Pattern.CASE_INSENSITIVE);

    private static final String JSON = "application/json";
    private static final String DEFAULT_REGION = "us-east-1";

    private final Operations operations;
    private final int maxBodyBytes;
    private final OwnHosts ownHosts;
    private final @Nullable Signatures signatures;
    private final ResetCall reset;
    private final Clock clock;
    private final String caCertificate;
    private final LiveStreams streams;
    private final ConsoleFiles console = new ConsoleFiles();

    ApiRoutes(
            ApiConfig config,
            ControlService control,
            AccessStringCheck check,
            LiveStreams streams,
            Clock clock,
            RandomGenerator random) {
        this.operations = new Operations(control, check, config, clock, random);
        this.maxBodyBytes = config.maxBodyBytes();
        var access = config.access();
        this.signatures =
                access.credentials().isEmpty() ? null : new Signatures(access.credentials());
        this.ownHosts = new OwnHosts(config.host(), config.hostName(), signatures != null);
        this.reset = new ResetCall(access.allowReset(), control, clock);
        this.clock = clock;
        this.caCertificate = config.caCertificate();
        this.streams = streams;
    }

    @Override
    public Reception receive(HttpHead head, int port) {
        String requestId = Answers.newRequestId();
        try {
            ownHosts.expectNoForeignPage(head, port);
            expectPlain(head);
            return switch (head.method() + " " + head.path()) {
                case "POST /" -> call(head, requestId);
                case "POST /_keepsake/reset" -> reset(head, requestId);
                case "GET /_keepsake/health", "HEAD /_keepsake/health" ->
                        new Reception.Answered(HttpAnswer.ok(JSON, "{\"status\":\"ok\"}"));
                case "GET /_keepsake/ca.pem", "HEAD /_keepsake/ca.pem" ->
                        new Reception.Answered(caCertificate(head, requestId));
                case "GET /_keepsake/stream" -> stream(head);
                default ->
                        new Reception.Answered(
                                console.answer(head).orElseGet(() -> elsewhere(head, requestId)));
            };
        } catch (ApiException e) {
            return new Reception.Answered(Answers.fault(requestId, e));
        } catch (RuntimeException e) {
            return new Reception.Answered(failed(requestId, e));
        }
    }

    @Override
    public HttpAnswer refuse(ApiException refusal) {
        return Answers.fault(Answers.newRequestId(), refusal);
    }

    private static void expectPlain(HttpHead head) {
        String encoding = head.headerOrEmpty("content-encoding");
        if (!encoding.isEmpty() && !encoding.equalsIgnoreCase("identity")) {
            throw HttpHead.malformed("its body has a Content-Encoding; send it without");
        }
        String expected = head.headerOrEmpty("expect");
        if (!expected.isEmpty() && !expected.equalsIgnoreCase("100-continue")) {
            throw HttpHead.malformed("it has an Expect other than 100-continue");
        }
    }

    private HttpAnswer caCertificate(HttpHead head, String requestId) {
        return caCertificate.isEmpty()
                ? elsewhere(head, requestId)
                : HttpAnswer.ok("application/x-pem-file", caCertificate);
    }

    private Reception call(HttpHead head, String requestId) {
        // The same order as in the service: first the called service, then the caller, and only
        // then the operation.
        var other = OtherServices.answer(head, requestId);
        if (other.isPresent()) {
            return new Reception.Answered(other.get());
        }
        String operation = operation(head);
        operations.expectKnown(operation);
        String region = region(head);
        var claim = signatures == null ? null : signatures.expectClaim(head, clock.now());
        return wanted(
                head,
                requestId,
                body -> {
                    expectSigned(claim, body);
                    return Answers.of(
                            requestId,
                            operations.answer(operation, RequestJson.read(body), region));
                });
    }

    private Reception reset(HttpHead head, String requestId) {
        var claim = signatures == null ? null : signatures.expectClaim(head, clock.now());
        if (claim == null && !JSON_TYPES.matcher(head.headerOrEmpty("content-type")).matches()) {
            throw Fault.ACCESS_DENIED.because(
                    "The Content-Type is \"%s\"; expected application/json, which no form of a web page can send.",
                    Answers.shown(head.headerOrEmpty("content-type")));
        }
        reset.expectAllowed();
        return wanted(
                head,
                requestId,
                body -> {
                    expectSigned(claim, body);
                    reset.carryOut();
                    return HttpAnswer.ok(JSON, "{\"status\":\"reset\"}");
                });
    }

    private Reception stream(HttpHead head) {
        if (head.hasBody()) {
            throw HttpHead.malformed("it asks for a stream, and has a body");
        }
        if (signatures != null) {
            signatures.verify(signatures.expectClaim(head, clock.now()), new byte[0]);
        }
        return streams.open();
    }

    private Reception wanted(HttpHead head, String requestId, Work work) {
        if (head.bodyBytes() > maxBodyBytes) {
            throw Fault.REQUEST_TOO_LARGE.because(
                    "The request is larger than %d bytes.", maxBodyBytes);
        }
        return new Reception.Wanted(maxBodyBytes, body -> safely(work, body, requestId));
    }

    private static HttpAnswer safely(Work work, byte[] body, String requestId) {
        try {
            return work.answer(body);
        } catch (ApiException e) {
            return Answers.fault(requestId, e);
        } catch (RuntimeException e) {
            return failed(requestId, e);
        }
    }

    private void expectSigned(Signatures.@Nullable Claim claim, byte[] body) {
        if (signatures != null && claim != null) {
            signatures.verify(claim, body);
        }
    }

    private static HttpAnswer failed(String requestId, RuntimeException e) {
        if (e instanceof ControlUnavailableException) {
            LOG.warn("request={} cannot be executed now reason={}", requestId, e.getMessage());
            return Answers.fault(
                    requestId,
                    Fault.SERVICE_UNAVAILABLE,
                    "The server cannot do this at present; its log says why, at request %s."
                            .formatted(requestId));
        }
        LOG.error("request={} failed", requestId, e);
        return Answers.fault(
                requestId,
                Fault.INTERNAL_FAILURE,
                "The request failed; the server's log says why, at request %s."
                        .formatted(requestId));
    }

    private static HttpAnswer elsewhere(HttpHead head, String requestId) {
        return OtherServices.answer(head, requestId)
                .orElseGet(() ->
                        Answers.fault(
                                requestId,
                                Fault.UNKNOWN_OPERATION,
                                "%s %s is not known; calls are sent as POST / with an X-Amz-Target header."
                                        .formatted(head.method(), Answers.shown(head.path()))));
    }

    private static String operation(HttpHead head) {
        String contentType = head.headerOrEmpty("content-type");
        if (!CONTENT_TYPES.matcher(contentType).matches()) {
            throw Fault.UNKNOWN_OPERATION.because(
                    "The Content-Type is \"%s\"; expected %s.",
                    Answers.shown(contentType), Answers.CONTENT_TYPE);
        }
        String target = head.headerOrEmpty("x-amz-target");
        if (!target.startsWith(TARGET_PREFIX)) {
            throw Fault.UNKNOWN_OPERATION.because(
                    "The X-Amz-Target is \"%s\"; expected %s and the name of an operation.",
                    Answers.shown(target), TARGET_PREFIX);
        }
        return target.substring(TARGET_PREFIX.length());
    }

    /// The region in the credential's scope, whether the signature is verified or not.
    private static String region(HttpHead head) {
        String authorization = head.headerOrEmpty("authorization");
        if (authorization.isEmpty()) {
            return DEFAULT_REGION;
        }
        return CredentialScope.of(authorization)
                .orElseThrow(() ->
                        Fault.INCOMPLETE_SIGNATURE.because(
                                "The Authorization header has no Credential=KEY/DATE/REGION/SERVICE/aws4_request."))
                .region();
    }
}
