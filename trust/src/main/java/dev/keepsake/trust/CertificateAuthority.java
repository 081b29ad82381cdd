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

/// The authority that signs the certificates of one server's nodes. It is created at the server's
/// first start and kept in a directory. A client that trusts its certificate trusts the server's
/// nodes, also after restarts and failovers. Immutable once opened; any thread.
///
/// The directory contains `authority.pem`, key and certificate, which only its owner may read, and
/// `ca.pem`, the certificate for clients. The first is written completely under another name and
/// then renamed. So a crash leaves a complete authority or none.
///
/// Decision 3 (docs/decisions) says why.
public final class CertificateAuthority {
    private static final String PRIVATE_FILE = "authority.pem";
    private static final String PUBLIC_FILE = "ca.pem";
    private static final Duration LIFE = Duration.ofDays(3_650);

    // The longest lifetime that every client accepts. A server issues a new certificate at each
    // start, and before the present one ends.
    private static final Duration NODE_LIFE = Duration.ofDays(825);

    // Certificates begin this much earlier, for clients whose clocks are behind.
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

    /// Reads the authority in a directory, or creates one. A new authority can sign only for the
    /// permitted names. One that an earlier build created can sign for every name, and stays in use
    /// for the clients that trust it. Blocks. Only one process at a time may do this.
    ///
    /// @param permitted the names and addresses of a new authority's nodes
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

    /// Publishes a file that every user may read, whatever the process's default for new files is.
    /// Only its owner may write it, and so decides which certificate clients trust.
    private static void publish(Path file, String pem) throws IOException {
        try {
            Files.createFile(file, PosixFilePermissions.asFileAttribute(ALL_READ));
        } catch (FileAlreadyExistsException _) {
            // the file is from an earlier start
        }
        Files.setPosixFilePermissions(file, ALL_READ);
        Files.writeString(file, pem, US_ASCII);
    }

    /// The file with the certificate of a server's authority, for users who may read its directory.
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
                ("%s does not contain a key and its certificate; remove it, and the next start creates"
                                + " another authority, which clients then have to trust")
                        .formatted(file));
    }

    /// The certificate that clients have to trust, in PEM.
    public String pem() {
        try {
            return pem(certificate);
        } catch (IOException e) {
            throw new UncheckedIOException("a certificate cannot be written as PEM", e);
        }
    }

    /// Issues a certificate for nodes with these names.
    ///
    /// @param names host names and IP addresses, each in the form that clients get
    public NodeTls issue(List<String> names) throws IOException {
        return new NodeTls(issueFor(names));
    }

    /// Issues a new certificate when two thirds of the present one's lifetime are over. Handshakes
    /// use it from then on. If the new one would not end later, because no certificate outlives its
    /// authority, none is issued.
    ///
    /// @return whether there is a new certificate
    boolean renewIfDue(NodeTls tls) throws IOException {
        var present = tls.present();
        if (clock.now().isBefore(present.renewAt()) || !present.end().isBefore(endOfNew())) {
            return false;
        }
        tls.become(issueFor(present.names()));
        return true;
    }

    private Instant endOfNew() {
        // Certificates have a precision of seconds.
        return earlier(clock.now().plus(NODE_LIFE), certificate.getNotAfter().toInstant())
                .truncatedTo(ChronoUnit.SECONDS);
    }

    private void expectPermitted(List<String> names) throws IOException {
        var permitted = constraints;
        if (permitted == null) {
            return; // an authority of an earlier build, which may sign for every name
        }
        for (String name : names) {
            if (!PermittedNames.permits(permitted, generalName(name))) {
                throw new IOException(
                        "the authority in %s cannot sign for nodes with the name %s, because it was created for a server without that name; start the server with its first options, or remove %s: the next start creates another authority, which clients then have to trust"
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
