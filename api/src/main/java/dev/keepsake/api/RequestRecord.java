package dev.keepsake.api;

import dev.keepsake.core.UtcTime;
import dev.keepsake.core.VisibleText;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// One request that the API has answered, for people who want to know who did what. It contains no
/// secrets: of the request's members it has only the names of resources.
///
/// Texts are empty when the request did not have them. Texts of the client are bounded.
///
/// @param time when the head of the request had arrived
/// @param operation the operation, or for other requests the method and the path
/// @param keyId the id of the access key that the caller named
/// @param user the user that the key signs login tokens for, if the signature was verified
/// @param isVerified whether the caller's signature was verified
/// @param sourceAddress the address of the client
/// @param resources the names of resources in the request, by member, such as `ClusterName`
/// @param requestId as in the answer
/// @param status the HTTP status of the answer
/// @param errorCode the error in the answer
/// @param durationMs from the head of the request to the answer
public record RequestRecord(
        Instant time,
        String operation,
        String region,
        String keyId,
        String user,
        boolean isVerified,
        String sourceAddress,
        String userAgent,
        Map<String, String> resources,
        String requestId,
        int status,
        String errorCode,
        long durationMs) {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /// This record as one line of JSON, with the names that CloudTrail uses. What is empty is left
    /// out. A line that is looked at has no hidden characters.
    public String json() {
        var line = JSON.createObjectNode();
        line.put("eventTime", UtcTime.of(time)).put("eventSource", "memorydb.amazonaws.com");
        line.put("eventName", operation);
        putIfAny(line, "awsRegion", region);
        line.put("sourceIPAddress", sourceAddress);
        putIfAny(line, "userAgent", userAgent);
        var identity = line.putObject("userIdentity");
        putIfAny(identity, "accessKeyId", keyId);
        putIfAny(identity, "userName", user);
        identity.put("verified", isVerified);
        if (!resources.isEmpty()) {
            var parameters = line.putObject("requestParameters");
            resources.forEach((member, name) -> parameters.put(inLowerCamel(member), name));
        }
        putIfAny(line, "requestID", requestId);
        line.put("httpStatus", status);
        putIfAny(line, "errorCode", errorCode);
        line.put("durationMs", durationMs);
        return VisibleText.ofJson(JSON.writeValueAsString(line));
    }

    private static void putIfAny(ObjectNode object, String name, String value) {
        if (!value.isEmpty()) {
            object.put(name, value);
        }
    }

    /// `ClusterName` as `clusterName`, and `ACLName` as `aCLName`, as CloudTrail does.
    private static String inLowerCamel(String member) {
        return member.substring(0, 1).toLowerCase(Locale.ROOT) + member.substring(1);
    }
}
