package dev.keepsake.fleet;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.function.Predicate.not;

import dev.keepsake.buckets.FillSource;
import dev.keepsake.buckets.Filling;
import dev.keepsake.core.SlotRange;
import dev.keepsake.engine.Engine;
import dev.keepsake.engine.EngineLauncher;
import dev.keepsake.engine.EngineSpec;
import dev.keepsake.engine.EngineStamp;
import dev.keepsake.engine.RdbHeader;
import dev.keepsake.resp.KeySlot;
import dev.keepsake.resp.RespValue;
import dev.keepsake.resp.ScriptCheck;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Makes the file that a shard of a new cluster begins with out of RDB files of any number of
/// shards: an engine of its own loads all of them, gives up what belongs to other shards, and dumps
/// the rest. So what the cluster starts from has been loaded by an engine once.
///
/// Blocks for as long as that takes.
final class Filler {
    private static final long WHOLE_DATA_NS = TimeUnit.MINUTES.toNanos(5);
    private static final byte[] PAGE = "2000".getBytes(US_ASCII);
    private static final String DUMP = "dump.rdb";

    private final EngineLauncher launcher;

    Filler(EngineLauncher launcher) {
        this.launcher = launcher;
    }

    /// Fills one shard.
    ///
    /// @param spec how the engine is launched; its parameters have to admit DEBUG
    /// @param reader what that engine is
    /// @param sources RDB files, as any engine writes them
    /// @param filling bounds what is read, and may end it
    /// @param slots what belongs to the shard
    /// @param result where the file is put
    /// @throws IOException when a file cannot be loaded; the message names it
    void fill(
            EngineSpec spec,
            EngineStamp reader,
            List<FillSource> sources,
            SlotRange slots,
            Path result,
            Filling filling)
            throws IOException {
        filling.expectWanted();
        try (var engine = launcher.launch(spec)) {
            var dump = spec.workDirectory().resolve(DUMP);
            filling.beginShard();
            for (var source : sources) {
                var header = expectLoadable(source, reader);
                filling.copy(source, dump);
                load(engine, source.name(), header, reader);
                checkFunctions(engine, source.name());
            }
            giveUpOthers(engine, slots);
            filling.expectWanted();
            expectOk(engine.commandWithin(WHOLE_DATA_NS, "SAVE"), "SAVE");
            Files.move(dump, result, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    /// A file of a newer engine is refused by that reason, before it is copied. What is no RDB file
    /// at all is the engine's to refuse.
    ///
    /// @return what the file says of itself
    private static Optional<RdbHeader> expectLoadable(FillSource source, EngineStamp reader)
            throws IOException {
        Optional<RdbHeader> header;
        try (var file = source.open()) {
            header = RdbHeader.read(file);
        }
        if (header.isPresent() && !reader.loads(header.get())) {
            throw new IOException(
                    "%s was written by an engine that %s cannot read: it is of %s, and %s loads %s. Fill a cluster that runs on the engine that wrote it, or on a newer one."
                            .formatted(
                                    source.name(),
                                    reader,
                                    header.get().describe(),
                                    reader,
                                    reader.loadable()));
        }
        return header;
    }

    /// @param header of the file that is loaded
    private static void load(
            Engine engine, String name, Optional<RdbHeader> header, EngineStamp reader)
            throws IOException {
        try {
            expectOk(
                    engine.commandWithin(
                            WHOLE_DATA_NS, "DEBUG", "RELOAD", "NOSAVE", "NOFLUSH", "MERGE"),
                    "loading");
        } catch (IOException e) {
            throw notLoaded(name, header, reader, e);
        }
    }

    /// An engine does not say why it does not load a file. Who wrote the file may tell, where the
    /// engine could not go on with what that one leaves; but the file may be damaged as well.
    static IOException notLoaded(
            String name, Optional<RdbHeader> header, EngineStamp reader, IOException cause) {
        return new IOException(
                header.flatMap(RdbHeader::stamp)
                        .filter(not(reader::continues))
                        .map(writer -> writtenByOther(name, writer, reader))
                        .orElseGet(() -> "%s cannot be loaded as one database.".formatted(name)),
                cause);
    }

    /// Files of one RDB version differ in what is in them: Valkey 8.0 and 8.1 write the same one,
    /// and the latter knows types that the former does not.
    private static String writtenByOther(String name, EngineStamp writer, EngineStamp reader) {
        return "%s cannot be loaded by %s: it says that %s wrote it, which may write more than that reads. Fill a cluster that runs on %s or a newer %s."
                .formatted(name, reader, writer, writer, writer.name());
    }

    /// A file may bring functions, and clients may call those.
    private static void checkFunctions(Engine engine, String file) throws IOException {
        var reply =
                engine.commandOfBytes(
                        WHOLE_DATA_NS,
                        List.of(
                                "FUNCTION".getBytes(US_ASCII),
                                "LIST".getBytes(US_ASCII),
                                "WITHCODE".getBytes(US_ASCII)));
        if (!(reply instanceof RespValue.ArrayReply(List<RespValue> libraries))) {
            throw new IOException("the engine answers %s to FUNCTION LIST".formatted(reply));
        }
        for (var library : libraries) {
            if (!(library instanceof RespValue.ArrayReply(List<RespValue> fields))
                    || !(valueOf(fields, "library_name") instanceof RespValue.Bulk name)
                    || !(valueOf(fields, "library_code") instanceof RespValue.Bulk code)) {
                throw new IOException("the engine has a library without a name or code");
            }
            String refusal = ScriptCheck.refusal(code.bytes());
            if (refusal != null) {
                throw new IOException(
                        "File %s has a library of functions, %s, that is not offered: %s"
                                .formatted(file, name.utf8(), refusal));
            }
        }
    }

    private static @Nullable RespValue valueOf(List<RespValue> fields, String name) {
        for (int i = 0; i + 1 < fields.size(); i += 2) {
            if (fields.get(i) instanceof RespValue.Bulk key && key.utf8().equals(name)) {
                return fields.get(i + 1);
            }
        }
        return null;
    }

    private static void giveUpOthers(Engine engine, SlotRange slots) throws IOException {
        if (slots.equals(SlotRange.split(1).getFirst())) {
            return;
        }
        var cursor = "0".getBytes(US_ASCII);
        do {
            var reply =
                    engine.commandOfBytes(
                            WHOLE_DATA_NS,
                            List.of(
                                    "SCAN".getBytes(US_ASCII),
                                    cursor,
                                    "COUNT".getBytes(US_ASCII),
                                    PAGE));
            if (!(reply instanceof RespValue.ArrayReply(List<RespValue> parts))
                    || !(parts.getFirst() instanceof RespValue.Bulk(byte[] next))
                    || !(parts.getLast() instanceof RespValue.ArrayReply(List<RespValue> keys))) {
                throw new IOException("the engine answers %s to SCAN".formatted(reply));
            }
            cursor = next;
            giveUp(engine, keys, slots);
        } while (!new String(cursor, US_ASCII).equals("0"));
    }

    private static void giveUp(Engine engine, List<RespValue> keys, SlotRange slots)
            throws IOException {
        var command = new ArrayList<byte[]>();
        command.add("DEL".getBytes(US_ASCII));
        for (var key : keys) {
            if (key instanceof RespValue.Bulk(byte[] name)) {
                int slot = KeySlot.of(Unpooled.wrappedBuffer(name), 0, name.length);
                if (slot < slots.first() || slot > slots.last()) {
                    command.add(name);
                }
            }
        }
        if (command.size() > 1) {
            engine.commandOfBytes(WHOLE_DATA_NS, command);
        }
    }

    private static void expectOk(RespValue answer, String what) throws IOException {
        if (!(answer instanceof RespValue.SimpleString)) {
            throw new IOException("%s: the engine refused: %s".formatted(what, answer));
        }
    }
}
