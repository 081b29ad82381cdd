package dev.keepsake.buckets;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keepsake.aws.CanonicalRequest;
import dev.keepsake.aws.SignatureV4;
import dev.keepsake.core.Secret;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// Signs requests for S3, which encodes paths once where other services encode them twice. Source:
/// AWS's description of signatures in the Authorization header of S3. Stateless; any thread.
final class S3Signer {
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
    /// @param path encoded, beginning with the slash
    /// @param query names and values, not encoded
    /// @param headers all signed headers, by their names in lower case; they include `x-amz-date`
    ///   and `x-amz-content-sha256`
    String authorization(
            String method,
            String path,
            SortedMap<String, String> query,
            SortedMap<String, String> headers) {
        String time = headers.getOrDefault("x-amz-date", "");
        String scope = "%s/%s/s3/aws4_request".formatted(time.substring(0, 8), region);
        String signed = String.join(";", headers.keySet());
        var stripped = new TreeMap<>(headers);
        stripped.replaceAll((_, value) -> value.strip());
        String canonical =
                CanonicalRequest.head(method, path, encodeQuery(query), stripped)
                        + headers.get("x-amz-content-sha256");
        return "%s Credential=%s/%s,SignedHeaders=%s,Signature=%s"
                .formatted(
                        SignatureV4.ALGORITHM,
                        accessKeyId,
                        scope,
                        signed,
                        SignatureV4.signatureHex(secretKey, time, scope, canonical));
    }

    /// A query in the form in which it is sent and signed.
    static String encodeQuery(Map<String, String> query) {
        return CanonicalRequest.query(query.entrySet(), UTF_8);
    }

    /// The path of an object in the form in which it is sent and signed.
    static String encodePath(String bucket, String key) {
        return "/"
                + SignatureV4.encoded(bucket, UTF_8)
                + "/"
                + SignatureV4.encoded(key, UTF_8).replace("%2F", "/");
    }
}
