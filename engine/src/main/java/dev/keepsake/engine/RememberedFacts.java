package dev.keepsake.engine;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keepsake.core.PrivateFiles;
import dev.keepsake.resp.CorruptReplyException;
import dev.keepsake.resp.RespValue;
import dev.keepsake.resp.RespWriter;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The findings about engine programs, in files that outlive the server: one for each path of a
/// program, of which the newest 32 are kept. A file that is damaged, has another format or is about
/// another program is ignored.
final class RememberedFacts {
    private static final Logger LOG = LoggerFactory.getLogger(RememberedFacts.class);

    /*
     * One file, big-endian; text as DataOutput writes it:
     *
     *   format | path | name | version | sha256 | count | path, size, changed ... | RDB version
     *     | count | field, value ... | count | CVE ... | count | CVE ... | length
     *     | COMMAND's reply in RESP | SHA-256 of all
     *
     * The files are those whose code the examined process ran. The fields are its description of
     * itself. The first CVEs are all that it was examined for, the second ones those that it has.
     * So all programs are examined again when a hole is added to [KnownHole].
     */
    private static final int FORMAT = 0x4B454632; // "KEF2"; the first format had no fields

    private static final String SUFFIX = ".facts";
    private static final int SHA_256_BYTES = 32;
    private static final int NAME_DIGITS = 16;
    private static final int FILE_MAX_BYTES = 8 << 20;
    private static final int FILES_KEPT = 32;
    private static final Set<KnownHole> KNOWN = EnumSet.allOf(KnownHole.class);

    private final Path directory;

    /// @param directory a private directory for these files
    RememberedFacts(Path directory) {
        this.directory = directory;
    }

    /// The stored findings about a program.
    ///
    /// @param ran the files whose code it ran
    record Remembered(EngineFacts facts, List<ProgramFile> ran) {}

    /// The stored findings about a program, if its file and all files whose code it ran are
    /// unchanged.
    ///
    /// @param sha256 the SHA-256 of the program's file now
    Optional<Remembered> of(EngineBinary binary, String sha256) {
        var file = file(binary);
        try {
            if (Files.size(file) > FILE_MAX_BYTES) {
                return Optional.empty();
            }
            return read(binary, sha256, Files.readAllBytes(file));
        } catch (NoSuchFileException _) {
            return Optional.empty();
        } catch (IOException | CorruptReplyException | IllegalArgumentException e) {
            LOG.info(
                    "stored findings about an engine are ignored file={} path={} reason={}",
                    file,
                    binary.path(),
                    e.toString());
            return Optional.empty();
        }
    }

    private static Optional<Remembered> read(EngineBinary binary, String sha256, byte[] bytes)
            throws IOException {
        int end = bytes.length - SHA_256_BYTES;
        if (end < 0
                || !Arrays.equals(
                        Sha256.of(Arrays.copyOf(bytes, end)),
                        Arrays.copyOfRange(bytes, end, bytes.length))) {
            throw new IOException("it is damaged");
        }
        var in = new DataInputStream(new ByteArrayInputStream(bytes, 0, end));
        if (in.readInt() != FORMAT) {
            throw new IOException("it has another format");
        }
        var expected = List.of(binary.path().toString(), binary.name(), binary.version(), sha256);
        var about = List.of(in.readUTF(), in.readUTF(), in.readUTF(), in.readUTF());
        var ran = files(in);
        if (!about.equals(expected) || !ran.stream().allMatch(ProgramFile::isUnchanged)) {
            return Optional.empty();
        }
        int rdbVersion = in.readInt();
        var said = said(in);
        var examinedFor = holes(in);
        var found = holes(in);
        if (!examinedFor.equals(KNOWN)) {
            return Optional.empty();
        }
        var commands = Unpooled.wrappedBuffer(in.readNBytes(in.readInt()));
        return RespValue.decode(commands) instanceof RespValue.ArrayReply reply
                ? Optional.of(
                        new Remembered(
                                new EngineFacts(
                                        binary, sha256, reply, rdbVersion, found, Set.of(), said),
                                ran))
                : Optional.empty();
    }

    private static List<ProgramFile> files(DataInputStream in) throws IOException {
        var files = new ArrayList<ProgramFile>();
        for (int left = in.readInt(); left > 0; left--) {
            files.add(new ProgramFile(Path.of(in.readUTF()), in.readLong(), in.readLong()));
        }
        return files;
    }

    private static SelfDescription said(DataInputStream in) throws IOException {
        var fields = new TreeMap<String, String>();
        for (int left = in.readInt(); left > 0; left--) {
            fields.put(in.readUTF(), in.readUTF());
        }
        return new SelfDescription(fields);
    }

    private static Set<KnownHole> holes(DataInputStream in) throws IOException {
        var holes = EnumSet.noneOf(KnownHole.class);
        for (int left = in.readInt(); left > 0; left--) {
            KnownHole.of(in.readUTF()).ifPresent(holes::add);
        }
        return holes;
    }

    /// Stores findings.
    ///
    /// @param facts without undecided holes
    /// @param ran the files whose code the program ran
    void keep(EngineFacts facts, List<ProgramFile> ran) throws IOException {
        var whole = new ByteArrayOutputStream();
        write(facts, ran, new DataOutputStream(whole));
        whole.write(Sha256.of(whole.toByteArray()));
        PrivateFiles.directory(directory);
        var file = file(facts.binary());
        var written = Files.createTempFile(directory, "new", ".tmp", PrivateFiles.OWN_FILE);
        try {
            Files.write(written, whole.toByteArray());
            Files.move(
                    written,
                    file,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(written);
        }
        forgetOldest();
    }

    private static void write(EngineFacts facts, List<ProgramFile> ran, DataOutputStream out)
            throws IOException {
        out.writeInt(FORMAT);
        out.writeUTF(facts.binary().path().toString());
        out.writeUTF(facts.binary().name());
        out.writeUTF(facts.binary().version());
        out.writeUTF(facts.sha256());
        out.writeInt(ran.size());
        for (var file : ran) {
            out.writeUTF(file.path().toString());
            out.writeLong(file.sizeBytes());
            out.writeLong(file.changedNs());
        }
        out.writeInt(facts.rdbVersion());
        out.writeInt(facts.said().fields().size());
        for (var field : new TreeMap<>(facts.said().fields()).entrySet()) {
            out.writeUTF(field.getKey());
            out.writeUTF(field.getValue());
        }
        write(KNOWN, out);
        write(facts.holes(), out);
        var commands = Unpooled.buffer();
        RespWriter.value(commands, facts.commands());
        out.writeInt(commands.readableBytes());
        out.write(ByteBufUtil.getBytes(commands));
    }

    private static void write(Set<KnownHole> holes, DataOutputStream out) throws IOException {
        out.writeInt(holes.size());
        for (var hole : holes) {
            out.writeUTF(hole.cve());
        }
    }

    private void forgetOldest() throws IOException {
        var files = new ArrayList<Path>();
        try (var all = Files.newDirectoryStream(directory, "*" + SUFFIX)) {
            all.forEach(files::add);
        }
        if (files.size() <= FILES_KEPT) {
            return;
        }
        files.sort(Comparator.comparingLong(file -> file.toFile().lastModified()));
        for (var file : files.subList(0, files.size() - FILES_KEPT)) {
            Files.deleteIfExists(file);
        }
    }

    private Path file(EngineBinary binary) {
        return directory.resolve(nameOf(binary) + SUFFIX);
    }

    /// A name for files and directories that belong to a program.
    static String nameOf(EngineBinary binary) {
        return Sha256.hexOf(binary.path().toString().getBytes(UTF_8)).substring(0, NAME_DIGITS);
    }
}
