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

/// Makes the first file of a shard of a new cluster, out of RDB files of any number of shards. An
/// engine of its own loads all files, deletes the keys of other shards, and dumps the rest. So an
/// engine has loaded everything that the cluster starts from.
///
/// Blocks until the file is made.
final class Filler {
    private static final long WHOLE_DATA_NS = TimeUnit.MINUTES.toNanos(5);
    private static final byte[] PAGE = "2000".getBytes(US_ASCII);
    private static final String DUMP = "dump.rdb";

    private final EngineLauncher launcher;

    Filler(EngineLauncher launcher) {
        this.launcher = launcher;
    }

    /// Fills one shard. Blocks.
    ///
    /// @param spec how the engine is launched; its parameters have to allow DEBUG
    /// @param reader the name, version and RDB version of that engine
    /// @param sources RDB files, as any engine writes them
    /// @param filling bounds how much is read, and can end it
    /// @param slots the slots of the shard
    /// @param result the path of the new file
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
            deleteOthers(engine, slots);
            filling.expectWanted();
            expectOk(engine.commandWithin(WHOLE_DATA_NS, "SAVE"), "SAVE");
            Files.move(dump, result, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    /// Refuses a file of a newer engine, with that reason, before it is copied. A file that is not
    /// an RDB file is left for the engine to refuse.
    ///
    /// @return the header of the file
    private static Optional<RdbHeader> expectLoadable(FillSource source, EngineStamp reader)
            throws IOException {
        Optional<RdbHeader> header;
        try (var file = source.open()) {
            header = RdbHeader.read(file);
        }
        if (header.isPresent() && !header.get().isLoadedBy(reader)) {
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

    /// @param header the header of the file that is loaded
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

    /// The error for a file that the engine did not load. An engine gives no reason. If the present
    /// engine cannot continue from what the file's writer leaves, that is a probable reason; but
    /// the file may also be damaged.
    static IOException notLoaded(
            String name, Optional<RdbHeader> header, EngineStamp reader, IOException cause) {
        return new IOException(
                header.flatMap(RdbHeader::stamp)
                        .filter(not(reader::continues))
                        .map(writer -> writtenByOther(name, writer, reader))
                        .orElseGet(() -> "%s cannot be loaded as one database.".formatted(name)),
                cause);
    }

    /// The error for a file whose writer may know more types than the reader, with the same RDB
    /// version: Valkey 8.0 and 8.1 write the same one, but only 8.1 knows some types.
    private static String writtenByOther(String name, EngineStamp writer, EngineStamp reader) {
        return "%s cannot be loaded by %s: it says that %s wrote it, which may write more than that reads. Fill a cluster that runs on %s or a newer %s."
                .formatted(name, reader, writer, writer, writer.name());
    }

    /// Checks the functions that the files have brought, because clients may call them.
    private static void checkFunctions(Engine engine, String file) throws IOException {
        var reply =
                engine.commandOfBytes(
                        WHOLE_DATA_NS,
                        List.of(
                                "FUNCTION".getBytes(US_ASCII),
                                "LIST".getBytes(US_ASCII),
                                "WITHCODE".getBytes(US_ASCII)));
        if (!(reply instanceof RespValue.ArrayReply(List<RespValue> libraries))) {
            throw new IOException(
                    "the engine answers %s to FUNCTION LIST; expected libraries".formatted(reply));
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

    private static void deleteOthers(Engine engine, SlotRange slots) throws IOException {
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
                throw new IOException(
                        "the engine answers %s to SCAN; expected keys".formatted(reply));
            }
            cursor = next;
            delete(engine, keys, slots);
        } while (!new String(cursor, US_ASCII).equals("0"));
    }

    private static void delete(Engine engine, List<RespValue> keys, SlotRange slots)
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
