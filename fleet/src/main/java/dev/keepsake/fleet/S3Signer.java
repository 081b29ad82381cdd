package dev.keepsake.fleet;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keepsake.core.Secret;
import dev.keepsake.core.SignatureV4;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// Signs requests for S3, whose paths are encoded once where other services want it twice. Source:
/// AWS's description of signatures in the Authorization header of S3. Stateless; any thread.
final class S3Signer {
    private static final String UNRESERVED =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

    private final String region;
    private final String accessKeyId;
    private final Secret secretKey;

    S3Signer(String region, String accessKeyId, Secret secretKey) {
        this.region = region;
        this.accessKeyId = accessKeyId;
        this.secretKey = secretKey;
    }

    /// The value of the header Authorization.
    ///
    /// @param path encoded, from the slash on
    /// @param query names and values as they are meant
    /// @param headers every header to be signed, by its name in lower case; `x-amz-date` and
    ///   `x-amz-content-sha256` are among them
    String authorization(
            String method,
            String path,
            SortedMap<String, String> query,
            SortedMap<String, String> headers) {
        String time = headers.getOrDefault("x-amz-date", "");
        String scope = "%s/%s/s3/aws4_request".formatted(time.substring(0, 8), region);
        String signed = String.join(";", headers.keySet());
        var canonical = new StringBuilder();
        canonical.append(method).append('\n').append(path).append('\n');
        canonical.append(encodeQuery(query)).append('\n');
        headers.forEach((name, value) ->
                canonical.append(name).append(':').append(value.strip()).append('\n'));
        canonical.append('\n').append(signed).append('\n');
        canonical.append(headers.get("x-amz-content-sha256"));
        return "%s Credential=%s/%s,SignedHeaders=%s,Signature=%s"
                .formatted(
                        SignatureV4.ALGORITHM,
                        accessKeyId,
                        scope,
                        signed,
                        SignatureV4.signatureHex(secretKey, time, scope, canonical.toString()));
    }

    /// A query as it is sent and signed.
    static String encodeQuery(Map<String, String> query) {
        return new TreeMap<>(query)
                .entrySet().stream()
                        .map(entry ->
                                encode(entry.getKey(), "") + "=" + encode(entry.getValue(), ""))
                        .collect(Collectors.joining("&"));
    }

    /// The path of an object as it is sent and signed.
    static String encodePath(String bucket, String key) {
        return "/" + encode(bucket, "") + "/" + encode(key, "/");
    }

    private static String encode(String text, String besides) {
        var encoded = new StringBuilder();
        for (byte b : text.getBytes(UTF_8)) {
            char character = (char) (b & 0xff);
            if (UNRESERVED.indexOf(character) >= 0 || besides.indexOf(character) >= 0) {
                encoded.append(character);
            } else {
                encoded.append("%%%02X".formatted(b & 0xff));
            }
        }
        return encoded.toString();
    }
}
