package dev.keepsake.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_16;
import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_32BE;
import static java.nio.charset.StandardCharsets.UTF_32LE;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.core.protocol.MarshallingKnownType;
import software.amazon.awssdk.services.memorydb.model.CreateClusterRequest;
import software.amazon.awssdk.services.memorydb.model.DeleteClusterRequest;
import software.amazon.awssdk.services.memorydb.model.DescribeClustersRequest;
import software.amazon.awssdk.services.memorydb.model.DescribeEventsRequest;
import software.amazon.awssdk.services.memorydb.model.FailoverShardRequest;

/// How requests are understood, and what is answered to those that are not.
class RequestReadingTest {
    private static final String CREATE =
            """
            {"ClusterName":"demo","NodeType":"db.t4g.small","ACLName":"open-access"%s}\
            """;

    private final RunningApi api = new RunningApi();

    @AfterEach
    void close() {
        api.close();
    }

    /// The document names these operations, too.
    @Test
    void aWrongValueIsTheSameFaultWhereTheModelDoesNotDeclareItToo() {
        String fault = "InvalidParameterValueException";
        String tooFew = "{\"MaxResults\":0}";
        var calls =
                Map.of(
                        "CreateSubnetGroup", "{}",
                        "UpdateSubnetGroup", "{}",
                        "DeleteSubnetGroup", "{}",
                        "DescribeSubnetGroups", tooFew,
                        "DescribeACLs", tooFew,
                        "DescribeUsers", tooFew,
                        "ListTags", "{}");
        assertThat(Model.standard().operations())
                .filteredOn(operation -> !Model.standard().faultsOf(operation).contains(fault))
                .containsExactlyInAnyOrderElementsOf(calls.keySet());
        calls.forEach((operation, request) ->
                assertThat(api.call(operation, request).refused(400, fault)).isNotBlank());
    }

    // ---- which operation

    @Test
    void aCallWithoutATargetOrAContentTypeIsOfNoOperation() {
        var withoutTarget =
                HttpRequest.newBuilder(api.uri("/"))
                        .header("Content-Type", "application/x-amz-json-1.1")
                        .POST(BodyPublishers.ofString("{}"));
        assertThat(api.send(withoutTarget).refused(404, "UnknownOperationException"))
                .isEqualTo(
                        "The X-Amz-Target is \"\"; expected AmazonMemoryDB. and the name of an"
                                + " operation.");
        var withoutContentType =
                HttpRequest.newBuilder(api.uri("/"))
                        .header("X-Amz-Target", "AmazonMemoryDB.DescribeClusters")
                        .POST(BodyPublishers.ofString("{}"));
        assertThat(api.send(withoutContentType).refused(404, "UnknownOperationException"))
                .isEqualTo("The Content-Type is \"\"; expected application/x-amz-json-1.1.");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "AmazonMemoryDB",
                "AmazonMemoryDB.",
                "AmazonMemoryDB.Nothing",
                "AmazonMemoryDB.describeClusters",
                "AmazonMemoryDB.DescribeClusters.More",
                "DescribeClusters",
                "AmazonElastiCacheV9.DescribeClusters",
                "DynamoDB_20120810.ListTables"
            })
    void aTargetThatIsNoneOfTheServiceIsUnknown(String target) {
        var request = api.request("", "{}").setHeader("X-Amz-Target", target);
        assertThat(api.send(request).refused(404, "UnknownOperationException"))
                .contains(target.substring(target.lastIndexOf('.') + 1));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "application/json",
                "application/x-amz-json-1.0",
                "application/x-amz-json-1.10",
                "text/plain",
                "nonsense"
            })
    void anotherContentTypeIsAnotherProtocolAndKnowsNoOperation(String contentType) {
        var request = api.request("DescribeClusters", "{}").setHeader("Content-Type", contentType);
        assertThat(api.send(request).refused(404, "UnknownOperationException"))
                .contains(contentType)
                .contains("expected application/x-amz-json-1.1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "application/x-amz-json-1.1",
                "Application/X-AMZ-JSON-1.1",
                "application/x-amz-json-1.1; charset=utf-8",
                "application/x-amz-json-1.1;charset=UTF-8"
            })
    void theContentTypeMayHaveParameters(String contentType) {
        api.send(api.request("DescribeClusters", "{}").setHeader("Content-Type", contentType)).ok();
    }

    /// As the service: a call is routed, then authenticated, and then read.
    @Test
    void theOperationIsLookedAtFirstThenTheSignatureThenTheBody() {
        api.send(api.request("Nothing", "{").header("Authorization", "x"))
                .refused(404, "UnknownOperationException");
        api.send(api.request("DescribeClusters", "{").header("Authorization", "x"))
                .refused(403, "IncompleteSignature");
        api.call("DescribeClusters", "{").refused(400, "SerializationException");
    }

    // ---- for which region

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Basic dTpw",
                "AWS4-HMAC-SHA256",
                "AWS4-HMAC-SHA256 Credential=k/20210817/us-east-1",
                "AWS4-HMAC-SHA256 Credential=k/20210817/../memorydb/aws4_request",
                "AWS4-HMAC-SHA256 Credential=k/20210817//memorydb/aws4_request",
                "Credential=k/20210817/us-east-1/memorydb/aws4_request"
            })
    void anAuthorizationWithoutAScopeIsIncomplete(String authorization) {
        assertThat(
                        api.send(
                                        api.request("DescribeClusters", "{}")
                                                .header("Authorization", authorization))
                                .refused(403, "IncompleteSignature"))
                .contains("Credential=KEY/DATE/REGION/SERVICE/aws4_request");
    }

    @Test
    void aRegionIsAtMostAsLongAsANameOfAHost() {
        scoped("a".repeat(63)).ok();
        scoped("a".repeat(64)).refused(403, "IncompleteSignature");
    }

    private RunningApi.Answer scoped(String region) {
        return api.send(
                api.request("DescribeClusters", "{}")
                        .header(
                                "Authorization",
                                "AWS4-HMAC-SHA256 Credential=k/20210817/%s/memorydb/aws4_request"
                                        .formatted(region)));
    }

    @Test
    void aCallWithoutAnAuthorizationIsForTheDefaultRegion() {
        var cluster = api.call("CreateCluster", CREATE.formatted("")).ok().path("Cluster");
        assertThat(cluster.path("ARN").stringValue())
                .startsWith("arn:aws:memorydb:us-east-1:123456789012:");
    }

    // ---- the body

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{",
                "}",
                "{\"ClusterName\":}",
                "{'ClusterName':'demo'}",
                "not JSON",
                "{} {}",
                "{\"ClusterName\":\"demo\",}",
                "\"",
                "Action=DescribeClusters",
                "<xml/>",
                "{\"ClusterName\":\"a\",\"ClusterName\":\"b\"}",
                "{\"a\":{\"b\":1,\"b\":2}}",
                "\ufeff{}"
            })
    void whatIsNoJsonCannotBeRead(String body) {
        assertThat(api.call("DescribeClusters", body).refused(400, "SerializationException"))
                .isEqualTo("The request is not valid JSON.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"[]", "[{}]", "\"text\"", "7", "true", "null", " "})
    void whatIsNoObjectCannotBeRead(String body) {
        for (var operation :
                List.of("CreateCluster", "DescribeClusters", "DescribeEvents", "FailoverShard")) {
            assertThat(api.call(operation, body).refused(400, "SerializationException"))
                    .contains("expected START_OBJECT");
        }
    }

    @Test
    void bytesThatAreNoTextCannotBeRead() {
        var body = new byte[] {'{', '"', (byte) 0xC3, '"', ':', '1', '}'};
        api.send(api.request("DescribeClusters", "").POST(BodyPublishers.ofByteArray(body)))
                .refused(400, "SerializationException");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"Description\":\"\\ud800\"",
                "\"Description\":\"a\\udc00\\ud800b\"",
                "\"Tags\":[{\"Key\":\"k\",\"Value\":\"\\udfff\"}]",
                "\"SecurityGroupIds\":[\"\\ud83d\"]"
            })
    void halfACharacterCannotBeRead(String member) {
        assertThat(
                        api.call("CreateCluster", CREATE.formatted("," + member))
                                .refused(400, "SerializationException"))
                .contains("surrogate");
        api.call("CreateCluster", CREATE.formatted(",\"Description\":\"\\ud83d\\ude00\"")).ok();
    }

    @Test
    void otherEncodingsThanUtf8CannotBeRead() {
        for (var charset : List.of(UTF_16LE, UTF_16BE, UTF_16, UTF_32BE, UTF_32LE, ISO_8859_1)) {
            var body = "{\"ClusterName\":\"\u00e4\"}".getBytes(charset);
            api.send(api.request("DescribeClusters", "").POST(BodyPublishers.ofByteArray(body)))
                    .refused(400, "SerializationException");
        }
    }

    @Test
    void manyValuesAreTooMany() {
        api.call("DescribeClusters", "{\"x\":[%s0]}".formatted("0,".repeat(10_000))).ok();
        api.call("DescribeClusters", "{\"x\":[%s0]}".formatted("0,".repeat(100_000)))
                .refused(400, "SerializationException");
    }

    @Test
    void nestingHasAnEnd() {
        api.call("DescribeClusters", "[".repeat(100_000)).refused(400, "SerializationException");
        api.call("DescribeClusters", "{\"a\":".repeat(100_000))
                .refused(400, "SerializationException");
    }

    @Test
    void anEmptyBodyIsARequestWithoutMembers() {
        api.call("DescribeClusters", "").ok();
        api.send(api.request("DescribeClusters", "").POST(BodyPublishers.noBody())).ok();
        assertThat(api.call("FailoverShard", "").refused(400, "InvalidParameterValueException"))
                .isEqualTo("ClusterName is required.");
    }

    @Test
    void aBodyMayBeAsLargeAsTheLimitAndNoLarger() {
        var fits = " ".repeat(RunningApi.MAX_BODY_BYTES - 2) + "{}";
        api.call("DescribeClusters", fits).ok();
        for (int tooMany : new int[] {1, 100, 1 << 20, 4 << 20}) {
            assertThat(
                            api.call("DescribeClusters", " ".repeat(tooMany) + fits)
                                    .refused(413, "RequestEntityTooLargeException"))
                    .contains("1048576 bytes");
        }
        api.call("DescribeClusters", "{}").ok();
    }

    @Test
    void aBodyOfUnknownLengthHasTheSameLimit() {
        var chunks = Stream.generate(() -> " ".repeat(64 << 10).getBytes(US_ASCII));
        api.send(
                        api.request("DescribeClusters", "")
                                .POST(BodyPublishers.ofByteArrays(chunks.limit(64).toList())))
                .refused(413, "RequestEntityTooLargeException");
    }

    // ---- members

    @Test
    void membersThatTheServiceDoesNotKnowAreIgnored() {
        api.call("CreateCluster", CREATE.formatted(",\"Surprise\":{\"a\":[1]},\"x\":null")).ok();
        api.call("DescribeClusters", "{\"clusterName\":7}").ok();
    }

    @Test
    void aMemberThatIsNullIsNotGiven() {
        var cluster =
                api.call(
                                "CreateCluster",
                                CREATE.formatted(
                                        """
                                        ,"Description":null,"NumShards":null,"Tags":null,
                                        "TLSEnabled":null,"SnapshotName":null\
                                        """))
                        .ok()
                        .path("Cluster");
        assertThat(cluster.path("NumberOfShards").intValue()).isEqualTo(1);
        assertThat(cluster.has("Description")).isFalse();
        assertThat(
                        api.call("DeleteCluster", "{\"ClusterName\":null}")
                                .refused(400, "InvalidParameterValueException"))
                .isEqualTo("ClusterName is required.");
    }

    @ParameterizedTest
    @MethodSource("requiredMembers")
    void aRequiredMemberThatIsMissingIsNamed(String operation, String body, String missing) {
        assertThat(api.call(operation, body).refused(400, "InvalidParameterValueException"))
                .isEqualTo(missing + " is required.");
    }

    private static Stream<Arguments> requiredMembers() {
        return Stream.of(
                Arguments.of("CreateCluster", "{}", "ClusterName"),
                Arguments.of("CreateCluster", "{\"ClusterName\":\"a\"}", "NodeType"),
                Arguments.of(
                        "CreateCluster",
                        "{\"ClusterName\":\"a\",\"NodeType\":\"db.t4g.small\"}",
                        "ACLName"),
                Arguments.of("DeleteCluster", "{}", "ClusterName"),
                Arguments.of("FailoverShard", "{\"ShardName\":\"0001\"}", "ClusterName"),
                Arguments.of("FailoverShard", "{\"ClusterName\":\"a\"}", "ShardName"));
    }

    /// Every member that the model has is read, and with its type: a value of another type is
    /// noticed.
    @ParameterizedTest
    @MethodSource("membersOfTheModel")
    void aMemberOfAnotherTypeCannotBeRead(
            String operation, String member, MarshallingKnownType type) {
        for (String wrong : valuesThatDoNotFit(type)) {
            var answer = api.call(operation, "{\"%s\":%s}".formatted(member, wrong));
            assertThat(answer.refused(400, "SerializationException"))
                    .as(wrong)
                    .contains(member)
                    .contains("expected");
        }
    }

    private static Stream<Arguments> membersOfTheModel() {
        Map<String, SdkPojo> requests =
                Map.of(
                        "CreateCluster", CreateClusterRequest.builder().build(),
                        "DescribeClusters", DescribeClustersRequest.builder().build(),
                        "DeleteCluster", DeleteClusterRequest.builder().build(),
                        "FailoverShard", FailoverShardRequest.builder().build(),
                        "DescribeEvents", DescribeEventsRequest.builder().build());
        return requests.entrySet().stream()
                .flatMap(request ->
                        request.getValue().sdkFields().stream()
                                .map(field ->
                                        Arguments.of(
                                                request.getKey(),
                                                field.locationName(),
                                                ModelShape.kind(field))));
    }

    private static List<String> valuesThatDoNotFit(MarshallingKnownType type) {
        return switch (type) {
            case STRING -> List.of("7", "true", "{}", "[\"a\"]");
            case INTEGER -> List.of("\"7\"", "true", "{}", "[7]", "1.5", "2147483648", "1e99");
            case BOOLEAN -> List.of("\"true\"", "1", "{}", "[true]");
            case INSTANT -> List.of("\"2021-08-17\"", "true", "{}", "[1]");
            case LIST -> List.of("\"a\"", "7", "{}", "[7]", "[[]]", "[null]");
            default -> throw new AssertionError("the model has a %s now".formatted(type));
        };
    }

    @Test
    void aTagOfAnotherTypeCannotBeRead() {
        for (String tag : List.of("{\"Key\":7}", "{\"Key\":\"k\",\"Value\":true}")) {
            assertThat(
                            api.call(
                                            "CreateCluster",
                                            CREATE.formatted(",\"Tags\":[%s]".formatted(tag)))
                                    .refused(400, "SerializationException"))
                    .contains("expected STRING_VALUE");
        }
    }

    @Test
    void timesAreSecondsWithOrWithoutAFraction() {
        api.createAvailable("demo"); // at 1629230643.961
        assertThat(events("\"StartTime\":1629230643.961,\"EndTime\":1629230643.961")).isEqualTo(1);
        assertThat(events("\"StartTime\":1629230643,\"EndTime\":1629230644")).isEqualTo(1);
        assertThat(events("\"StartTime\":1.629230643961E9,\"EndTime\":1629230644")).isEqualTo(1);
        assertThat(events("\"StartTime\":1629230643.9605,\"EndTime\":1629230644")).isEqualTo(1);
        assertThat(events("\"StartTime\":1629230643,\"EndTime\":1629230643.96")).isZero();
        api.clock.pass(Duration.ofMinutes(1));
        assertThat(events("\"StartTime\":1629230643.962")).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"1e300", "-1e300", "99999999999999999999", "-1", "0"})
    void timesOutsideOfReasonAreWrongValues(String seconds) {
        api.call("DescribeEvents", "{\"StartTime\":%s}".formatted(seconds))
                .refused(400, "InvalidParameterValueException");
    }

    private int events(String members) {
        return api.call("DescribeEvents", "{\"SourceType\":\"cluster\",%s}".formatted(members))
                .ok()
                .path("Events")
                .size();
    }
}
