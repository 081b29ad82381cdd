package dev.keepsake.junit;

import java.net.URI;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.memorydb.MemoryDbClient;

/// Makes clients of AWS's SDK for Java, which need not be on the class path: no other class refers
/// to it.
final class SdkClients {
    private static final String CLIENT = "software.amazon.awssdk.services.memorydb.MemoryDbClient";

    private SdkClients() {}

    /// Whether a parameter of this type wants such a client. Does not load the SDK.
    static boolean areOf(String type) {
        return type.equals(CLIENT);
    }

    /// A `MemoryDbClient`, with the HTTP client that the SDK finds on the class path.
    static AutoCloseable memoryDb(URI endpoint, String region) {
        return MemoryDbClient.builder()
                .endpointOverride(endpoint)
                .region(Region.of(region))
                .credentialsProvider(
                        StaticCredentialsProvider.create(
                                AwsBasicCredentials.create("test", "test")))
                .build();
    }
}
