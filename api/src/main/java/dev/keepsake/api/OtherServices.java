package dev.keepsake.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/// Answers calls of other AWS services with an error in a form that the client of that service can
/// read. Clients send such calls when this server's address is configured for all services.
/// Stateless.
final class OtherServices {
    private static final String FORM = "application/x-www-form-urlencoded";
    private static final String JSON = "application/x-amz-json-1.";
    private static final String XML = "text/xml";
    private static final String OWN_NAME = "memorydb";
    private static final Pattern ACTION = Pattern.compile("(?:^|&)Action=");
    private static final String CODE = "UnknownOperationException";

    private OtherServices() {}

    /// The answer; empty when the call is not recognized as one of another service.
    static Optional<HttpAnswer> answer(HttpHead head, String requestId) {
        String service = serviceOf(head);
        boolean isForOther = !service.isEmpty() && !service.equals(OWN_NAME);
        String contentType = head.headerOrEmpty("content-type").toLowerCase(Locale.ROOT);
        String target = head.headerOrEmpty("x-amz-target");
        if (head.headerOrEmpty("smithy-protocol").equals("rpc-v2-cbor")) {
            return Optional.of(cbor(message(service)));
        }
        if (contentType.startsWith(FORM) || (target.isEmpty() && asksInQuery(head))) {
            return Optional.of(
                    service.equals("ec2")
                            ? ec2(message(service), requestId)
                            : query(message(service), requestId));
        }
        if (target.contains(".") && contentType.startsWith(JSON)) {
            return target.startsWith(ApiRoutes.TARGET_PREFIX)
                    ? Optional.empty()
                    : Optional.of(
                            json(
                                    contentType.startsWith(JSON + "0") ? JSON + "0" : JSON + "1",
                                    message(target),
                                    requestId));
        }
        if (!isForOther) {
            return Optional.empty();
        }
        return Optional.of(
                switch (service) {
                    case "s3", "cloudfront", "route53" -> rest(message(service), requestId);
                    default -> json("application/json", message(service), requestId);
                });
    }

    /// Whether it is a call of the query protocol with all parameters in the URL. No call of
    /// MemoryDB has this form, so the service need not be named.
    private static boolean asksInQuery(HttpHead head) {
        return head.path().equals("/") && ACTION.matcher(head.query()).find();
    }

    /// The service in the signature's scope; empty when there is none.
    private static String serviceOf(HttpHead head) {
        return CredentialScope.of(head.headerOrEmpty("authorization"))
                .map(CredentialScope::service)
                .orElse("");
    }

    private static String message(String service) {
        return "The request is for %s, and Keepsake answers Amazon MemoryDB only. Give its address in AWS_ENDPOINT_URL_MEMORYDB; AWS_ENDPOINT_URL sends the calls of all services to it."
                .formatted(service.isEmpty() ? "another service" : Answers.shown(service));
    }

    /// The error in awsJson1_0, awsJson1_1 and restJson1.
    private static HttpAnswer json(String contentType, String message, String requestId) {
        return new HttpAnswer(
                404,
                contentType,
                List.of(
                        new HttpHead.Header("x-amzn-RequestId", requestId),
                        new HttpHead.Header("x-amzn-ErrorType", CODE)),
                Answers.fault(CODE, message));
    }

    /// The error in awsQuery, for STS, IAM and SNS.
    private static HttpAnswer query(String message, String requestId) {
        return xml(
                """
                <ErrorResponse><Error><Type>Sender</Type><Code>InvalidAction</Code>\
                <Message>%s</Message></Error><RequestId>%s</RequestId></ErrorResponse>
                """
                        .formatted(escaped(message), requestId),
                requestId);
    }

    /// The error in ec2Query.
    private static HttpAnswer ec2(String message, String requestId) {
        return xml(
                """
                <Response><Errors><Error><Code>InvalidAction</Code><Message>%s</Message></Error>\
                </Errors><RequestID>%s</RequestID></Response>
                """
                        .formatted(escaped(message), requestId),
                requestId);
    }

    /// The error in restXml, for S3.
    private static HttpAnswer rest(String message, String requestId) {
        return xml(
                "<Error><Code>InvalidRequest</Code><Message>%s</Message><RequestId>%s</RequestId></Error>"
                        .formatted(escaped(message), requestId),
                requestId);
    }

    private static HttpAnswer xml(String body, String requestId) {
        return new HttpAnswer(
                400,
                XML,
                List.of(new HttpHead.Header("x-amzn-RequestId", requestId)),
                ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + body.strip()).getBytes(UTF_8));
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }

    /// The error in rpcv2Cbor: a map of two texts.
    private static HttpAnswer cbor(String message) {
        var body = new ByteArrayOutputStream();
        body.write(0xA2);
        for (String text : List.of("__type", CODE, "message", message)) {
            var bytes = text.getBytes(UTF_8);
            body.write(0x79); // a text with two bytes of length
            body.write(bytes.length >> 8);
            body.write(bytes.length);
            body.writeBytes(bytes);
        }
        return new HttpAnswer(
                404,
                "application/cbor",
                List.of(new HttpHead.Header("smithy-protocol", "rpc-v2-cbor")),
                body.toByteArray());
    }
}
