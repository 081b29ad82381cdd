package dev.keepsake.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.xpath.XPathFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

/// Calls of services that are not here.
class OtherServicesTest {
    private final RunningApi api = new RunningApi();

    @AfterEach
    void close() {
        api.close();
    }

    private HttpResponse<String> send(
            String method, String path, String service, String contentType, String target) {
        var request =
                HttpRequest.newBuilder(api.uri(path))
                        .header(
                                "Authorization",
                                "AWS4-HMAC-SHA256 Credential=k/20210817/us-east-1/%s/aws4_request"
                                        .formatted(service))
                        .method(method, BodyPublishers.ofString("Action=GetCallerIdentity"));
        if (!contentType.isEmpty()) {
            request.header("Content-Type", contentType);
        }
        if (!target.isEmpty()) {
            request.header("X-Amz-Target", target);
        }
        return api.sendRaw(request);
    }

    @ParameterizedTest
    @CsvSource({
        "POST, /, sts, /ErrorResponse/Error",
        "POST, /, iam, /ErrorResponse/Error",
        "POST, /, ec2, /Response/Errors/Error",
    })
    void theQueryProtocolIsAnsweredInItsXml(
            String method, String path, String service, String error) throws Exception {
        var answer =
                send(method, path, service, "application/x-www-form-urlencoded; charset=utf-8", "");
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.headers().firstValue("Content-Type")).contains("text/xml");
        assertThat(text(answer.body(), error + "/Code")).isEqualTo("InvalidAction");
        assertThat(text(answer.body(), error + "/Message"))
                .contains(service, "AWS_ENDPOINT_URL_MEMORYDB");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/?Action=GetCallerIdentity&Version=2011-06-15",
                "/?Version=2011-06-15&Action=GetCallerIdentity"
            })
    void aQueryInTheAddressIsAnsweredInItsXml(String path) throws Exception {
        var answer = api.sendRaw(HttpRequest.newBuilder(api.uri(path)).GET());
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.headers().firstValue("Content-Type")).contains("text/xml");
        assertThat(text(answer.body(), "/ErrorResponse/Error/Code")).isEqualTo("InvalidAction");
        assertThat(text(answer.body(), "/ErrorResponse/Error/Message"))
                .contains("AWS_ENDPOINT_URL_MEMORYDB");
    }

    @Test
    void s3IsAnsweredInItsXml() throws Exception {
        var answer = send("GET", "/bucket/key", "s3", "", "");
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(text(answer.body(), "/Error/Message")).contains("AWS_ENDPOINT_URL_MEMORYDB");
    }

    @ParameterizedTest
    @CsvSource({
        "POST, /, dynamodb, application/x-amz-json-1.0, DynamoDB_20120810.ListTables",
        "POST, /, ecs, application/x-amz-json-1.1, AmazonEC2ContainerServiceV20141113.ListClusters",
        "GET, /2015-03-31/functions, lambda, '', ''",
    })
    void jsonProtocolsAreAnsweredInJson(
            String method, String path, String service, String contentType, String target) {
        var answer = send(method, path, service, contentType, target);
        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(answer.headers().firstValue("Content-Type"))
                .contains(contentType.isEmpty() ? "application/json" : contentType);
        assertThat(answer.headers().firstValue("x-amzn-ErrorType"))
                .contains("UnknownOperationException");
        var body = JsonMapper.builder().build().readTree(answer.body());
        assertThat(body.path("__type").stringValue()).isEqualTo("UnknownOperationException");
        assertThat(body.path("message").stringValue())
                .contains(target.isEmpty() ? service : target, "AWS_ENDPOINT_URL_MEMORYDB");
    }

    @Test
    void cborIsAnsweredInCbor() {
        var answer =
                api.sendRaw(
                        HttpRequest.newBuilder(
                                        api.uri(
                                                "/service/GraniteServiceVersion20100801/operation/ListMetrics"))
                                .header("smithy-protocol", "rpc-v2-cbor")
                                .header("Content-Type", "application/cbor")
                                .POST(BodyPublishers.noBody()));
        assertThat(answer.headers().firstValue("smithy-protocol")).contains("rpc-v2-cbor");
        assertThat(answer.body()).contains("__type", "AWS_ENDPOINT_URL_MEMORYDB");
    }

    private static String text(String xml, String path) throws Exception {
        var document =
                DocumentBuilderFactory.newInstance()
                        .newDocumentBuilder()
                        .parse(new ByteArrayInputStream(xml.getBytes(UTF_8)));
        return XPathFactory.newInstance().newXPath().evaluate(path, document);
    }
}
