package dev.keepsake.api;

import dev.keepsake.aws.AccessKey;
import dev.keepsake.control.ApiException;
import dev.keepsake.control.Fault;
import dev.keepsake.core.Clock;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Answers requests as another service does, and records each answer in a [RequestLog]. It does not
/// record that a page, a certificate or the health was read. Immutable; any thread.
final class LoggedRequests implements HttpService {
    private static final int TEXT_MAX = 200;
    private static final byte[] NO_BODY = {};

    /// The members whose values name resources. Values of other members are never recorded, because
    /// they may be secrets.
    private static final Set<String> NAMES =
            Set.of(
                    "ACLName",
                    "ClusterName",
                    "FinalSnapshotName",
                    "MultiRegionClusterName",
                    "MultiRegionParameterGroupName",
                    "ParameterGroupName",
                    "ReservationId",
                    "ReservedNodesOfferingId",
                    "ResourceArn",
                    "ShardName",
                    "SnapshotName",
                    "SourceName",
                    "SourceSnapshotName",
                    "SubnetGroupName",
                    "TargetBucket",
                    "TargetSnapshotName",
                    "UserName");

    private final HttpService service;
    private final RequestLog log;
    private final Map<String, AccessKey> credentials;
    private final Clock clock;

    /// @param credentials the keys with which the service verifies signatures; empty when it does
    ///   not
    LoggedRequests(
            HttpService service, RequestLog log, Map<String, AccessKey> credentials, Clock clock) {
        this.service = service;
        this.log = log;
        this.credentials = Map.copyOf(credentials);
        this.clock = clock;
    }

    @Override
    public Reception receive(HttpHead head, int port) {
        return service.receive(head, port);
    }

    @Override
    public HttpAnswer refuse(ApiException refusal) {
        return service.refuse(refusal);
    }

    @Override
    public HttpService forClient(SocketAddress client) {
        var address =
                client instanceof InetSocketAddress internet
                        ? internet.getAddress().getHostAddress()
                        : String.valueOf(client);
        return new OfConnection(address);
    }

    /// A request without an answer yet.
    private static final class Begun {
        private final @Nullable HttpHead head;
        private final Instant time;
        private final long atNs;
        private volatile boolean isRecorded;

        Begun(@Nullable HttpHead head, Clock clock) {
            this.head = head;
            this.time = clock.now();
            this.atNs = clock.nowNs();
        }
    }

    /// The requests of one connection, one after the other. Owned by its event loop. A request is
    /// executed on another thread while the connection waits.
    private final class OfConnection implements HttpService {
        private final String address;
        private @Nullable Begun current;

        OfConnection(String address) {
            this.address = address;
        }

        @Override
        public Reception receive(HttpHead head, int port) {
            var begun = new Begun(head, clock);
            current = begun;
            return switch (service.receive(head, port)) {
                case Reception.Answered(var answer) -> {
                    keep(begun, NO_BODY, false, answer);
                    yield new Reception.Answered(answer);
                }
                case Reception.Wanted(int maxBodyBytes, var work) ->
                        new Reception.Wanted(
                                maxBodyBytes,
                                body -> {
                                    var answer = work.answer(body);
                                    keep(begun, body, true, answer);
                                    return answer;
                                });
                case Reception.Streamed streamed -> {
                    keep(begun, NO_BODY, false, streamed.head());
                    yield streamed;
                }
            };
        }

        @Override
        public HttpAnswer refuse(ApiException refusal) {
            var answer = service.refuse(refusal);
            var begun = current;
            if (begun == null || begun.isRecorded) {
                begun = new Begun(null, clock); // nothing was received that could be executed
            }
            keep(begun, NO_BODY, false, answer);
            return answer;
        }

        private void keep(Begun begun, byte[] body, boolean isExecuted, HttpAnswer answer) {
            begun.isRecorded = true;
            var head = begun.head;
            if (head != null && isOnlyRead(head, answer)) {
                return;
            }
            var scope =
                    head == null
                            ? null
                            : CredentialScope.of(head.headerOrEmpty("authorization")).orElse(null);
            var errorCode = answer.header(Answers.ERROR_TYPE);
            // A signature is verified first of all, before a body is read as JSON.
            boolean isVerified =
                    isExecuted
                            && !credentials.isEmpty()
                            && !Fault.INVALID_SIGNATURE.code().equals(errorCode);
            log.add(
                    new RequestRecord(
                            begun.time,
                            head == null ? "" : operation(head),
                            scope == null ? "" : scope.region(),
                            scope == null ? "" : cut(scope.key()),
                            isVerified && scope != null ? user(scope.key()) : "",
                            isVerified,
                            address,
                            head == null ? "" : cut(head.headerOrEmpty("user-agent")),
                            isExecuted ? resources(body) : Map.of(),
                            answer.header(Answers.REQUEST_ID),
                            answer.status(),
                            errorCode,
                            TimeUnit.NANOSECONDS.toMillis(clock.nowNs() - begun.atNs)));
        }

        private String user(String keyId) {
            var key = credentials.get(keyId);
            var user = key == null ? null : key.user();
            return user == null ? "" : user;
        }
    }

    private static boolean isOnlyRead(HttpHead head, HttpAnswer answer) {
        boolean isReading = head.method().equals("GET") || head.method().equals("HEAD");
        return isReading && answer.status() < 400;
    }

    private static String operation(HttpHead head) {
        var target = head.headerOrEmpty("x-amz-target");
        if (target.startsWith(ApiRoutes.TARGET_PREFIX)) {
            return cut(target.substring(ApiRoutes.TARGET_PREFIX.length()));
        }
        return cut(head.method() + " " + head.path());
    }

    /// The names in a body. A body that is no JSON has none.
    private static Map<String, String> resources(byte[] body) {
        var names = new LinkedHashMap<String, String>();
        try {
            RequestJson.read(body)
                    .properties()
                    .forEach(member -> {
                        if (NAMES.contains(member.getKey()) && member.getValue().isString()) {
                            names.put(member.getKey(), cut(member.getValue().stringValue()));
                        }
                    });
        } catch (ApiException _) {
            return Map.of();
        }
        return names;
    }

    private static String cut(String text) {
        return text.length() <= TEXT_MAX ? text : text.substring(0, TEXT_MAX) + "…";
    }
}
