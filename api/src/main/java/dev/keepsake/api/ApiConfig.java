package dev.keepsake.api;

/// Where the API listens, and for whom it speaks.
///
/// @param port 0 for a free one
/// @param accountId the account in every ARN
/// @param maxBodyBytes larger requests are refused
/// @param access who may call
public record ApiConfig(
        String host, int port, String accountId, int maxBodyBytes, ApiAccess access) {
    private static final int MIB = 1 << 20;

    /// The account that test suites use everywhere, 1 MiB, and open to everybody.
    public static ApiConfig standard(String host, int port) {
        return new ApiConfig(host, port, "123456789012", MIB, ApiAccess.OPEN);
    }

    /// The same for other callers.
    public ApiConfig with(ApiAccess other) {
        return new ApiConfig(host, port, accountId, maxBodyBytes, other);
    }
}
