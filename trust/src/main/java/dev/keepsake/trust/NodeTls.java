package dev.keepsake.trust;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import javax.net.ssl.SSLException;

/// A key and its certificates, with which nodes prove their identity in TLS 1.2 and 1.3. They can
/// be replaced: handshakes from then on use the new ones, and existing connections stay. Any
/// thread.
///
/// BoringSSL does the work where its native library can be loaded, otherwise the JDK. Clients are
/// not asked for certificates: they log in with a password or token.
public final class NodeTls {
    private static final String[] VERSIONS = {"TLSv1.3", "TLSv1.2"};
    private static final long HANDSHAKE_WITHIN_MS = 10_000;
    private static final long GOODBYE_WITHIN_MS = 1_000;

    /// A key and the certificates for it.
    ///
    /// @param names the names that the certificate is for
    /// @param chain the certificate of the key first, then those that sign it
    /// @param renewAt when the certificate should be replaced
    /// @param end when the certificate is no longer valid
    record Proof(
            List<String> names,
            PrivateKey key,
            List<X509Certificate> chain,
            Instant renewAt,
            Instant end) {}

    private record Present(Proof proof, SslContext context) {}

    private volatile Present present;

    /// @throws SSLException when the key and the certificate do not belong together
    NodeTls(Proof proof) throws SSLException {
        this.present = presented(proof);
    }

    /// Uses another key and certificate from now on.
    void become(Proof proof) throws SSLException {
        present = presented(proof);
    }

    /// The key and certificate for new handshakes.
    Proof present() {
        return present.proof();
    }

    private static Present presented(Proof proof) throws SSLException {
        return new Present(
                proof,
                SslContextBuilder.forServer(proof.key(), proof.chain())
                        .sslProvider(OpenSsl.isAvailable() ? SslProvider.OPENSSL : SslProvider.JDK)
                        .protocols(VERSIONS)
                        .build());
    }

    /// The implementation of TLS, for the log: `BoringSSL` or similar, or `JDK`.
    public static String implementation() {
        return OpenSsl.isAvailable() ? OpenSsl.versionString() : "JDK";
    }

    /// A handler that encrypts one connection.
    public SslHandler newHandler(ByteBufAllocator allocator) {
        var handler = present.context().newHandler(allocator);
        handler.setHandshakeTimeoutMillis(HANDSHAKE_WITHIN_MS);
        handler.setCloseNotifyFlushTimeoutMillis(GOODBYE_WITHIN_MS);
        return handler;
    }
}
