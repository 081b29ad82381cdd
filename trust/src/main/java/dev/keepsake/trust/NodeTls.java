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

/// What nodes prove with who they are: a key and its certificates, for TLS 1.2 and 1.3. When there
/// are new ones, handshakes from then on are made with them; connections that are there stay. Any
/// thread.
///
/// BoringSSL does the work where its native library can be loaded, and else the JDK. Clients are
/// not asked for certificates: they say by password or token who they are.
public final class NodeTls {
    private static final String[] VERSIONS = {"TLSv1.3", "TLSv1.2"};
    private static final long HANDSHAKE_WITHIN_MS = 10_000;
    private static final long GOODBYE_WITHIN_MS = 1_000;

    /// A key and the certificates for it.
    ///
    /// @param names what it is for
    /// @param chain the certificate of the key first, then those that vouch for it
    /// @param renewAt when it is time for another one
    /// @param end when nobody believes it any more
    record Proof(
            List<String> names,
            PrivateKey key,
            List<X509Certificate> chain,
            Instant renewAt,
            Instant end) {}

    private record Present(Proof proof, SslContext context) {}

    private volatile Present present;

    /// @throws SSLException when the key and the certificate are no pair
    NodeTls(Proof proof) throws SSLException {
        this.present = presented(proof);
    }

    /// Proves who nodes are with something else from now on.
    void become(Proof proof) throws SSLException {
        present = presented(proof);
    }

    /// What handshakes are made with now.
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

    /// Which implementation it is, for the log: `BoringSSL` or the like, or `JDK`.
    public static String implementation() {
        return OpenSsl.isAvailable() ? OpenSsl.versionString() : "JDK";
    }

    /// What one connection is encrypted with.
    public SslHandler newHandler(ByteBufAllocator allocator) {
        var handler = present.context().newHandler(allocator);
        handler.setHandshakeTimeoutMillis(HANDSHAKE_WITHIN_MS);
        handler.setCloseNotifyFlushTimeoutMillis(GOODBYE_WITHIN_MS);
        return handler;
    }
}
