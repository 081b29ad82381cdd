package dev.keepsake.api;

import org.jspecify.annotations.Nullable;

/// Where the API listens, and for whom it speaks.
///
/// @param host the address
/// @param port 0 for a free one
/// @param accountId the account in every ARN
/// @param maxBodyBytes larger requests are refused
/// @param caCertificate what clients of the nodes have to trust, in PEM, or empty
/// @param access who may call
/// @param hostName what clients of nodes that listen on `host` are told instead of it, or null
public record ApiConfig(
        String host,
        int port,
        String accountId,
        int maxBodyBytes,
        String caCertificate,
        ApiAccess access,
        @Nullable String hostName) {
    private static final int MIB = 1 << 20;

    /// The account that test suites use everywhere, 1 MiB, and open to everybody.
    public static ApiConfig standard(String host, int port) {
        return new ApiConfig(host, port, "123456789012", MIB, "", ApiAccess.OPEN, null);
    }

    /// The same, telling whom to trust.
    public ApiConfig vouchedForBy(String certificate) {
        return new ApiConfig(host, port, accountId, maxBodyBytes, certificate, access, hostName);
    }

    /// The same for other callers.
    public ApiConfig with(ApiAccess other) {
        return new ApiConfig(host, port, accountId, maxBodyBytes, caCertificate, other, hostName);
    }

    /// The same with this name for the nodes on `host`, or with none.
    public ApiConfig announcing(@Nullable String name) {
        return new ApiConfig(host, port, accountId, maxBodyBytes, caCertificate, access, name);
    }

    /// What clients are told of an address that nodes listen on.
    String announced(String address) {
        return hostName != null && address.equals(host) ? hostName : address;
    }
}
