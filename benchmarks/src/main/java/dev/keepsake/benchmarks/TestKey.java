package dev.keepsake.benchmarks;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.SSLContext;

/// A key with a self-signed certificate, for stock servers that are measured over TLS. Their
/// clients do not verify the server, because they have started it themselves.
///
/// @param key a PEM file
/// @param certificate a PEM file
record TestKey(Path key, Path certificate) {
    private static final String PASSWORD = "measured";

    /// Makes a key with the JDK's keytool, of the same kind as those of Keepsake's nodes: ECDSA,
    /// P-256.
    static TestKey make(Path directory) throws IOException, InterruptedException {
        Files.createDirectories(directory);
        var store = directory.resolve("key.p12");
        var command =
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                        "-genkeypair",
                        "-alias",
                        "server",
                        "-keyalg",
                        "EC",
                        "-groupname",
                        "secp256r1",
                        "-dname",
                        "CN=" + Servers.HOST,
                        "-keystore",
                        store.toString(),
                        "-storetype",
                        "PKCS12",
                        "-storepass",
                        PASSWORD);
        int exit = Servers.start(command, directory).waitFor();
        if (exit != 0) {
            throw new IOException(
                    "keytool ended with %d: %s"
                            .formatted(exit, Files.readString(directory.resolve("output.log"))));
        }
        try {
            var keys = KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
            return new TestKey(
                    pem(
                            directory.resolve("key.pem"),
                            "PRIVATE KEY",
                            keys.getKey("server", PASSWORD.toCharArray()).getEncoded()),
                    pem(
                            directory.resolve("certificate.pem"),
                            "CERTIFICATE",
                            keys.getCertificate("server").getEncoded()));
        } catch (GeneralSecurityException e) {
            throw new IOException("cannot read what keytool has made", e);
        }
    }

    private static Path pem(Path file, String what, byte[] content) throws IOException {
        var lines = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
        return Files.writeString(
                file,
                "-----BEGIN %1$s-----%n%2$s%n-----END %1$s-----%n".formatted(what, lines),
                US_ASCII);
    }

    /// The TLS of the load's clients: the implementation that Keepsake's nodes use.
    static SslContext ofClients() throws IOException {
        return SslContextBuilder.forClient()
                .trustManager(InsecureTrustManagerFactory.INSTANCE)
                .endpointIdentificationAlgorithm(null)
                .sslProvider(OpenSsl.isAvailable() ? SslProvider.OPENSSL : SslProvider.JDK)
                .build();
    }

    /// A connection over TLS for a few commands.
    static Socket connect(int port) throws IOException {
        try {
            var context = SSLContext.getInstance("TLS");
            context.init(null, InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null);
            return context.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port);
        } catch (GeneralSecurityException e) {
            throw new IOException("this JDK has no TLS", e);
        }
    }
}
