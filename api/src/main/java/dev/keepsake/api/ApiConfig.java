package dev.keepsake.api;

import org.jspecify.annotations.Nullable;

/// The settings of the API.
///
/// @param host the address
/// @param port the port, 0 for a free one
/// @param accountId the account in every ARN
/// @param maxBodyBytes the largest accepted body of a request
/// @param caCertificate the certificate that clients of the nodes have to trust, in PEM, or empty
/// @param access who may call
/// @param hostName the host name that clients get instead of `host` for nodes on this address, or
///   null
public record ApiConfig(
        String host,
        int port,
        String accountId,
        int maxBodyBytes,
        String caCertificate,
        ApiAccess access,
        @Nullable String hostName) {
    private static final int MIB = 1 << 20;

    /// The standard settings: an account id that test suites use, bodies of 1 MiB, and access for
    /// everyone.
    public static ApiConfig standard(String host, int port) {
        return new ApiConfig(host, port, "123456789012", MIB, "", ApiAccess.OPEN, null);
    }

    /// These settings with a certificate.
    public ApiConfig vouchedForBy(String certificate) {
        return new ApiConfig(host, port, accountId, maxBodyBytes, certificate, access, hostName);
    }

    /// These settings with another access.
    public ApiConfig with(ApiAccess other) {
        return new ApiConfig(host, port, accountId, maxBodyBytes, caCertificate, other, hostName);
    }

    /// These settings with a host name, or without one, for the nodes on `host`.
    public ApiConfig announcing(@Nullable String name) {
        return new ApiConfig(host, port, accountId, maxBodyBytes, caCertificate, access, name);
    }

    /// The address or host name that clients get for a node's address.
    String announced(String address) {
        return hostName != null && address.equals(host) ? hostName : address;
    }
}
