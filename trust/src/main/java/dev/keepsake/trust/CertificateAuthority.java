package dev.keepsake.trust;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.keepsake.core.Clock;
import dev.keepsake.core.PrivateFiles;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Date;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.NameConstraints;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.jspecify.annotations.Nullable;

/// Vouches for the nodes of one server. Made at its first start and kept in a directory: whoever
/// trusts its certificate trusts the server's nodes, restarts and failovers included. Immutable
/// once opened; any thread.
///
/// The directory holds `authority.pem`, key and certificate, which only its owner may read, and
/// `ca.pem`, the certificate for whoever wants it. The first is written whole under another name
/// and then renamed, so a crash leaves no authority or a whole one.
///
/// Decision 3 (docs/decisions) says why.
public final class CertificateAuthority {
    private static final String PRIVATE_FILE = "authority.pem";
    private static final String PUBLIC_FILE = "ca.pem";
    private static final Duration LIFE = Duration.ofDays(3_650);

    // The longest that every client accepts. A server issues a new one at each start, and before
    // the present one ends.
    private static final Duration NODE_LIFE = Duration.ofDays(825);

    // For clients whose clocks are behind.
    private static final Duration HEAD_START = Duration.ofDays(1);
    private static final int SERIAL_BITS = 127;
    private static final Set<PosixFilePermission> OWNER_ONLY =
            PosixFilePermissions.fromString("rw-------");
    private static final Set<PosixFilePermission> ALL_READ =
            PosixFilePermissions.fromString("rw-r--r--");

    private final PrivateKey key;
    private final X509Certificate certificate;
    private final @Nullable NameConstraints constraints;
    private final Path file;
    private final Clock clock;
    private final SecureRandom random;

    private CertificateAuthority(
            PrivateKey key,
            X509Certificate certificate,
            Path file,
            Clock clock,
            SecureRandom random)
            throws IOException {
        var constraint = certificate.getExtensionValue(Extension.nameConstraints.getId());
        this.constraints =
                constraint == null
                        ? null
                        : NameConstraints.getInstance(
                                JcaX509ExtensionUtils.parseExtensionValue(constraint));
        this.file = file;
        this.key = key;
        this.certificate = certificate;
        this.clock = clock;
        this.random = random;
    }

    /// Reads the authority in a directory, or makes one, which vouches for what is known of nodes
    /// then and for nobody else. One that an earlier build made vouches for anybody; those who
    /// trust it go on trusting it. Blocks. One process at a time may do so.
    ///
    /// @param permitted what nodes may be known as, should one be made
    /// @throws IOException when it cannot be read or written; the message names the file
    public static CertificateAuthority open(
            Path directory, PermittedNames permitted, Clock clock, SecureRandom random)
            throws IOException {
        PrivateFiles.directory(directory);
        var file = directory.resolve(PRIVATE_FILE);
        try {
            if (!Files.exists(file)) {
                make(file, permitted, clock, random);
            }
            Files.setPosixFilePermissions(file, OWNER_ONLY);
            var authority = read(file, clock, random);
            publish(directory.resolve(PUBLIC_FILE), authority.pem());
            return authority;
        } catch (GeneralSecurityException e) {
            throw new IOException(
                    "the certificate authority in %s cannot be used: %s"
                            .formatted(file, e.getMessage()),
                    e);
        }
    }

    /// Anybody may read it, whatever new files are otherwise; only its owner tells whom to trust.
    private static void publish(Path file, String pem) throws IOException {
        try {
            Files.createFile(file, PosixFilePermissions.asFileAttribute(ALL_READ));
        } catch (FileAlreadyExistsException _) {
            // it is from an earlier start
        }
        Files.setPosixFilePermissions(file, ALL_READ);
        Files.writeString(file, pem, US_ASCII);
    }

    /// Where the certificate of a server's authority lies, for whoever may read its directory.
    public static Path certificateFile(Path directory) {
        return directory.resolve(PUBLIC_FILE);
    }

    private static void make(Path file, PermittedNames permitted, Clock clock, SecureRandom random)
            throws IOException, GeneralSecurityException {
        var pair = newKeys(random);
        var name = new X500Principal("CN=Keepsake local CA " + serial(random).toString(36));
        var now = clock.now();
        var builder =
                new JcaX509v3CertificateBuilder(
                        name,
                        serial(random),
                        Date.from(now.minus(HEAD_START)),
                        Date.from(now.plus(LIFE)),
                        name,
                        pair.getPublic());
        var ids = new JcaX509ExtensionUtils();
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
        builder.addExtension(
                Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
        builder.addExtension(Extension.nameConstraints, true, permitted.asConstraints());
        builder.addExtension(
                Extension.subjectKeyIdentifier,
                false,
                ids.createSubjectKeyIdentifier(pair.getPublic()));
        var text = pem(new JcaPKCS8Generator(pair.getPrivate(), null), sign(builder, pair));
        var draft = file.resolveSibling(file.getFileName() + ".draft");
        Files.deleteIfExists(draft);
        try (var channel =
                Files.newByteChannel(
                        draft,
                        EnumSet.of(
                                StandardOpenOption.CREATE_NEW,
                                StandardOpenOption.WRITE,
                                StandardOpenOption.DSYNC),
                        PosixFilePermissions.asFileAttribute(OWNER_ONLY))) {
            var bytes = US_ASCII.encode(text);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        }
        Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
    }

    private static CertificateAuthority read(Path file, Clock clock, SecureRandom random)
            throws IOException, GeneralSecurityException {
        try (var parser = new PEMParser(Files.newBufferedReader(file, US_ASCII))) {
            if (parser.readObject() instanceof PrivateKeyInfo key
                    && parser.readObject() instanceof X509CertificateHolder certificate) {
                return new CertificateAuthority(
                        new JcaPEMKeyConverter().getPrivateKey(key),
                        new JcaX509CertificateConverter().getCertificate(certificate),
                        file,
                        clock,
                        random);
            }
        }
        throw new IOException(
                ("%s does not hold a key and its certificate; remove it, and the next start makes"
                                + " another authority, which clients have to be told to trust")
                        .formatted(file));
    }

    /// The certificate to trust, in PEM.
    public String pem() {
        try {
            return pem(certificate);
        } catch (IOException e) {
            throw new UncheckedIOException("a certificate cannot be written as PEM", e);
        }
    }

    /// Issues what nodes that are known under these names prove themselves with.
    ///
    /// @param names host names and IP addresses, each as it is announced
    public NodeTls issue(List<String> names) throws IOException {
        return new NodeTls(issueFor(names));
    }

    /// Issues a new certificate when two thirds of the present one's life are over, for the
    /// handshakes from then on. None is issued that would not live longer, for nothing outlives its
    /// authority.
    ///
    /// @return whether there is a new one
    boolean renewIfDue(NodeTls tls) throws IOException {
        var present = tls.present();
        if (clock.now().isBefore(present.renewAt()) || !present.end().isBefore(endOfNew())) {
            return false;
        }
        tls.become(issueFor(present.names()));
        return true;
    }

    private Instant endOfNew() {
        // Certificates know whole seconds.
        return earlier(clock.now().plus(NODE_LIFE), certificate.getNotAfter().toInstant())
                .truncatedTo(ChronoUnit.SECONDS);
    }

    private void expectPermitted(List<String> names) throws IOException {
        var permitted = constraints;
        if (permitted == null) {
            return; // an earlier build made it
        }
        for (String name : names) {
            if (!PermittedNames.permits(permitted, generalName(name))) {
                throw new IOException(
                        "the authority in %s does not vouch for nodes that are known as %s, because it was made for a server without that; start the server as it was started first, or remove %s: the next start makes another authority, which clients have to be told to trust"
                                .formatted(file, name, file));
            }
        }
    }

    private NodeTls.Proof issueFor(List<String> names) throws IOException {
        expectPermitted(names);
        try {
            var pair = newKeys(random);
            var now = clock.now();
            var end = endOfNew();
            var builder =
                    new JcaX509v3CertificateBuilder(
                            certificate.getSubjectX500Principal(),
                            serial(random),
                            Date.from(now.minus(HEAD_START)),
                            Date.from(end),
                            new X500Principal("CN=Keepsake node"),
                            pair.getPublic());
            var ids = new JcaX509ExtensionUtils();
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
            builder.addExtension(
                    Extension.extendedKeyUsage,
                    false,
                    new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth));
            builder.addExtension(
                    Extension.authorityKeyIdentifier,
                    false,
                    ids.createAuthorityKeyIdentifier(certificate));
            var alternatives =
                    names.stream()
                            .distinct()
                            .map(CertificateAuthority::generalName)
                            .toArray(GeneralName[]::new);
            builder.addExtension(
                    Extension.subjectAlternativeName, false, new GeneralNames(alternatives));
            var issued =
                    new JcaX509CertificateConverter()
                            .getCertificate(
                                    sign(builder, new KeyPair(certificate.getPublicKey(), key)));
            return new NodeTls.Proof(
                    List.copyOf(names),
                    pair.getPrivate(),
                    List.of(issued, certificate),
                    end.minus(Duration.between(now, end).dividedBy(3)),
                    end);
        } catch (GeneralSecurityException e) {
            throw new IOException("no certificate can be issued: " + e.getMessage(), e);
        }
    }

    private static Instant earlier(Instant one, Instant other) {
        return one.isBefore(other) ? one : other;
    }

    private static GeneralName generalName(String name) {
        boolean address = name.indexOf(':') >= 0 || name.matches("[0-9.]+");
        return new GeneralName(address ? GeneralName.iPAddress : GeneralName.dNSName, name);
    }

    private static X509CertificateHolder sign(JcaX509v3CertificateBuilder builder, KeyPair issuer)
            throws GeneralSecurityException {
        try {
            return builder.build(
                    new JcaContentSignerBuilder("SHA256withECDSA").build(issuer.getPrivate()));
        } catch (OperatorCreationException e) {
            throw new GeneralSecurityException(e);
        }
    }

    private static KeyPair newKeys(SecureRandom random) throws GeneralSecurityException {
        var generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"), random);
        return generator.generateKeyPair();
    }

    private static BigInteger serial(SecureRandom random) {
        return new BigInteger(SERIAL_BITS, random).add(BigInteger.ONE);
    }

    private static String pem(Object... contents) throws IOException {
        var text = new StringWriter();
        try (var writer = new JcaPEMWriter(text)) {
            for (var content : contents) {
                writer.writeObject(content);
            }
        }
        return text.toString();
    }
}
