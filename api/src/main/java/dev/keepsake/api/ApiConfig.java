package dev.keepsake.api;

/// Where the API listens, and for whom it speaks.
///
/// @param port 0 for a free one
/// @param accountId the account in every ARN
/// @param maxBodyBytes larger requests are refused
/// @param caCertificate what clients of the nodes have to trust, in PEM, or empty
/// @param access who may call
public record ApiConfig(
        String host,
        int port,
        String accountId,
        int maxBodyBytes,
        String caCertificate,
        ApiAccess access) {
    private static final int MIB = 1 << 20;

    /// The account that test suites use everywhere, 1 MiB, and open to everybody.
    public static ApiConfig standard(String host, int port) {
        return new ApiConfig(host, port, "123456789012", MIB, "", ApiAccess.OPEN);
    }

    /// The same, telling whom to trust.
    public ApiConfig vouchedForBy(String certificate) {
        return new ApiConfig(host, port, accountId, maxBodyBytes, certificate, access);
    }

    /// The same for other callers.
    public ApiConfig with(ApiAccess other) {
        return new ApiConfig(host, port, accountId, maxBodyBytes, caCertificate, other);
    }
}
