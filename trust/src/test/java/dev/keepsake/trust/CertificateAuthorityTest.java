package dev.keepsake.trust;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.keepsake.core.AddressBlock;
import dev.keepsake.core.Clock;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Set;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Whom the authority of a server vouches for, for how long, and who can read its key.
class CertificateAuthorityTest {
    private static final Duration LIFE = Duration.ofDays(825);
    private static final List<String> NAMES = List.of("127.0.0.1", "localhost", "nodes.test");

    @TempDir Path directory;

    private final SettableClock clock = new SettableClock();
    private final SecureRandom random = new SecureRandom();

    @Test
    void nobodyElseReadsItsDirectoryOrItsKeyWhateverTheyWereBefore() throws Exception {
        var tls = Files.createDirectory(directory.resolve("tls"));
        Files.setPosixFilePermissions(tls, PosixFilePermissions.fromString("rwxrwxrwx"));
        open();
        assertThat(modeOf(tls)).isEqualTo("rwx------");
        assertThat(modeOf(tls.resolve("authority.pem"))).isEqualTo("rw-------");
        assertThat(modeOf(tls.resolve("ca.pem"))).isEqualTo("rw-r--r--");
        Files.setPosixFilePermissions(
                tls.resolve("ca.pem"), PosixFilePermissions.fromString("rw-rw-rw-"));
        Files.setPosixFilePermissions(
                tls.resolve("authority.pem"), PosixFilePermissions.fromString("rw-r--r--"));
        open();
        assertThat(modeOf(tls.resolve("authority.pem"))).isEqualTo("rw-------");
        assertThat(modeOf(tls.resolve("ca.pem"))).isEqualTo("rw-r--r--");
    }

    @Test
    void itsCertificateSaysWhomItVouchesForAndClientsHaveToHeedIt() throws Exception {
        open();
        assertThat(ca().getCriticalExtensionOIDs()).contains(Extension.nameConstraints.getId());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"127.0.0.1", "127.8.9.10", "::1", "localhost", "nodes.test", "a.nodes.test"})
    void whoeverIsOneOfItsNodesIsBelieved(String name) throws Exception {
        open();
        validate(signedWithItsKey(name));
        assertThat(open().issue(List.of(name)).present().names()).containsExactly(name);
    }

    /// Signed with the key itself, as a thief would.
    @ParameterizedTest
    @ValueSource(
            strings = {"example.org", "test", "othernodes.test", "10.0.0.1", "128.0.0.1", "::2"})
    void whoeverIsNotIsNotBelievedThoughTheKeyWasStolen(String name) throws Exception {
        open();
        var forged = signedWithItsKey(name);
        assertThatExceptionOfType(CertPathValidatorException.class)
                .isThrownBy(() -> validate(forged));
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> open().issue(List.of("127.0.0.1", name)))
                .withMessageContaining("with the name " + name)
                .withMessageContaining("remove ")
                .withMessageContaining("authority.pem");
    }

    @Test
    void nodesWithAddressesOfTheirOwnArePermittedToo() throws Exception {
        var block = AddressBlock.parse("10.1.2.0/24");
        var authority =
                CertificateAuthority.open(
                        directory.resolve("tls"), PermittedNames.of(null, block), clock, random);
        authority.issue(List.of("127.0.0.1", "localhost", "10.1.2.77"));
        validate(signedWithItsKey("10.1.2.77"));
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> authority.issue(List.of("10.1.3.1")));
    }

    /// The first server was told of a name, and the next is not; and the other way round.
    @Test
    void aNameIsKnownFromTheFirstStartOn() throws Exception {
        open();
        var without =
                CertificateAuthority.open(
                        directory.resolve("tls"), PermittedNames.of(null, null), clock, random);
        without.issue(List.of("127.0.0.1", "localhost"));
        var other =
                CertificateAuthority.open(
                        directory.resolve("tls"),
                        PermittedNames.of("other.test", null),
                        clock,
                        random);
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> other.issue(List.of("127.0.0.1", "other.test")))
                .withMessageContaining("other.test");
    }

    @Test
    void aCertificateIsReplacedWhenTwoThirdsOfItsLifeAreOver() throws Exception {
        var certificates = new NodeCertificates(open());
        var tls = certificates.issue(NAMES);
        var first = tls.present();
        assertThat(first.chain().getFirst().getNotAfter().toInstant()).isEqualTo(first.end());

        clock.now = clock.now.plus(LIFE.multipliedBy(2).dividedBy(3)).minusSeconds(60);
        certificates.renewDue();
        assertThat(tls.present()).isSameAs(first);

        clock.now = clock.now.plusSeconds(120);
        certificates.renewDue();
        var second = tls.present();
        assertThat(second.end()).isAfter(first.end());
        assertThat(second.names()).isEqualTo(first.names());
        assertThat(second.key()).isNotEqualTo(first.key());
        validate(second.chain().getFirst());
        certificates.renewDue();
        assertThat(tls.present()).isSameAs(second);
    }

    @Test
    void handshakesAreMadeWithTheNewOneAndConnectionsStay() throws Exception {
        var certificates = new NodeCertificates(open());
        var tls = certificates.issue(NAMES);
        var before = new Connection(tls);
        assertThat(before.certificate()).isEqualTo(tls.present().chain().getFirst());

        clock.now = clock.now.plus(Duration.ofDays(600));
        certificates.renewDue();
        var after = new Connection(tls);
        assertThat(after.certificate())
                .isEqualTo(tls.present().chain().getFirst())
                .isNotEqualTo(before.certificate());
        assertThat(before.echoed("old")).isEqualTo("old");
        assertThat(after.echoed("new")).isEqualTo("new");
    }

    /// A client and a node that talk in memory. The client trusts everybody, and says who it was.
    private static final class Connection {
        private final EmbeddedChannel client;
        private final EmbeddedChannel node;
        private final SslHandler clientSide;

        Connection(NodeTls tls) throws Exception {
            node = new EmbeddedChannel(tls.newHandler(UnpooledByteBufAllocator.DEFAULT));
            clientSide =
                    SslContextBuilder.forClient()
                            .sslProvider(SslProvider.JDK)
                            .trustManager(InsecureTrustManagerFactory.INSTANCE)
                            .endpointIdentificationAlgorithm("")
                            .build()
                            .newHandler(UnpooledByteBufAllocator.DEFAULT);
            client = new EmbeddedChannel(clientSide);
            exchange();
            assertThat(clientSide.handshakeFuture().isSuccess()).isTrue();
        }

        private void exchange() {
            boolean moved = true;
            while (moved) {
                client.runPendingTasks();
                node.runPendingTasks();
                moved = move(client, node);
                moved |= move(node, client);
            }
        }

        private static boolean move(EmbeddedChannel from, EmbeddedChannel to) {
            boolean moved = false;
            for (var bytes = from.readOutbound(); bytes != null; bytes = from.readOutbound()) {
                to.writeInbound(bytes);
                moved = true;
            }
            return moved;
        }

        X509Certificate certificate() throws Exception {
            return (X509Certificate) clientSide.engine().getSession().getPeerCertificates()[0];
        }

        /// What the node reads of what the client writes.
        String echoed(String text) {
            client.writeOutbound(Unpooled.copiedBuffer(text, US_ASCII));
            exchange();
            ByteBuf read = node.readInbound();
            try {
                return read.toString(US_ASCII);
            } finally {
                read.release();
            }
        }
    }

    @Test
    void nothingOutlivesItsAuthority() throws Exception {
        var authority = open();
        var end = ca().getNotAfter().toInstant();
        clock.now = end.minus(Duration.ofDays(100));
        var certificates = new NodeCertificates(authority);
        var tls = certificates.issue(NAMES);
        var last = tls.present();
        assertThat(last.end()).isEqualTo(end);
        clock.now = end.minus(Duration.ofDays(1));
        certificates.renewDue();
        assertThat(tls.present()).isSameAs(last);
    }

    private CertificateAuthority open() throws IOException {
        return CertificateAuthority.open(
                directory.resolve("tls"), PermittedNames.of("nodes.test", null), clock, random);
    }

    private X509Certificate ca() throws Exception {
        try (var in = Files.newInputStream(directory.resolve("tls").resolve("ca.pem"))) {
            return (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(in);
        }
    }

    private X509Certificate signedWithItsKey(String name) throws Exception {
        PrivateKey key;
        try (var parser =
                new PEMParser(
                        Files.newBufferedReader(
                                directory.resolve("tls").resolve("authority.pem"), US_ASCII))) {
            key = new JcaPEMKeyConverter().getPrivateKey((PrivateKeyInfo) parser.readObject());
        }
        var ca = ca();
        var builder =
                new JcaX509v3CertificateBuilder(
                        ca,
                        BigInteger.TWO,
                        Date.from(clock.now.minusSeconds(60)),
                        Date.from(clock.now.plusSeconds(3_600)),
                        ca.getSubjectX500Principal(),
                        ca.getPublicKey());
        int type = name.matches("[0-9.]+|.*:.*") ? GeneralName.iPAddress : GeneralName.dNSName;
        builder.addExtension(
                Extension.subjectAlternativeName,
                false,
                new GeneralNames(new GeneralName(type, name)));
        builder.addExtension(
                Extension.authorityKeyIdentifier,
                false,
                new JcaX509ExtensionUtils().createAuthorityKeyIdentifier(ca));
        return new JcaX509CertificateConverter()
                .getCertificate(
                        builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(key)));
    }

    /// As a client does that heeds what the authority's certificate says. Java does so for those
    /// that are on the way, so it is put there, behind its own key.
    private void validate(X509Certificate certificate) throws Exception {
        var ca = ca();
        var anchor = new TrustAnchor(ca.getSubjectX500Principal(), ca.getPublicKey(), null);
        var parameters = new PKIXParameters(Set.of(anchor));
        parameters.setRevocationEnabled(false);
        parameters.setDate(Date.from(clock.now));
        CertPathValidator.getInstance("PKIX")
                .validate(
                        CertificateFactory.getInstance("X.509")
                                .generateCertPath(List.of(certificate, ca)),
                        parameters);
    }

    private static String modeOf(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }

    private static final class SettableClock implements Clock {
        private Instant now = Instant.parse("2026-11-30T00:00:00Z");

        @Override
        public long nowNs() {
            return 0;
        }

        @Override
        public Instant now() {
            return now;
        }
    }
}
