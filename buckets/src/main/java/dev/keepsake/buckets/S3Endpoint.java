package dev.keepsake.buckets;

import static dev.keepsake.core.Checks.checkArgument;

import dev.keepsake.core.Secret;
import java.net.URI;
import java.util.List;

/// An S3-compatible server, and the key for it.
///
/// @param uri such as `http://127.0.0.1:9000`; buckets are the first part of the path
/// @param region the region in signatures
/// @param accessKeyId the id of the key
/// @param secretKey the secret of the key
public record S3Endpoint(URI uri, String region, String accessKeyId, Secret secretKey) {
    public S3Endpoint {
        boolean http = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
        boolean bare = List.of("", "/").contains(String.valueOf(uri.getRawPath()));
        checkArgument(
                http && uri.getHost() != null && bare && uri.getRawQuery() == null,
                "%s is not an S3 endpoint; expected one such as http://127.0.0.1:9000",
                uri);
    }

    /// The value of the header `Host`.
    String host() {
        boolean standard =
                uri.getPort() < 0 || uri.getPort() == (uri.getScheme().equals("https") ? 443 : 80);
        return standard ? uri.getHost() : uri.getHost() + ":" + uri.getPort();
    }
}
