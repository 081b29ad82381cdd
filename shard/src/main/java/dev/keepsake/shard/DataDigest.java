package dev.keepsake.shard;

import dev.keepsake.engine.EngineConnection;
import dev.keepsake.resp.RespValue;
import java.io.IOException;

/// What an engine holds, as a text that is equal for engines that hold the same, whenever they are
/// asked: the number of keys, and what `DEBUG DIGEST` says.
///
/// Time has to leave it alone, for two engines are compared one after the other. A replica deletes
/// no key and no field whose time is over, and its dump has them all. But the digest of Valkey
/// since 9.0 leaves out the fields of hashes whose time is over. It counts them for one client: the
/// one that a primary in import mode takes for the source of its data. So an engine that has this
/// mode becomes such a primary, which deletes nothing for its age either. (Source: Valkey 9.1
/// `expire.c`, `getExpirationPolicyWithFlags`; `server.c`, `databasesCron` and `beforeSleep`.)
final class DataDigest {
    private static final String IMPORT_MODE = "import-mode";

    private DataDigest() {}

    /// Asks an engine that follows a primary and has nothing left to do: it may follow nobody
    /// afterwards, and must not be dumped any more.
    static String of(EngineConnection engine) throws IOException {
        if (hasImportMode(engine)) {
            // In this order: a primary without the mode would delete what is over.
            expectOk(engine, "CONFIG", "SET", IMPORT_MODE, "yes");
            expectOk(engine, "REPLICAOF", "NO", "ONE");
            expectOk(engine, "CLIENT", "IMPORT-SOURCE", "ON");
        }
        var size = engine.ask("DBSIZE");
        var digest = engine.ask("DEBUG", "DIGEST");
        if (size instanceof RespValue.IntegerReply(long keys)
                && digest instanceof RespValue.SimpleString(String text)) {
            return "%d keys, digest %s".formatted(keys, text);
        }
        throw new IOException(
                "the engine answers %s to DBSIZE and %s to DEBUG DIGEST".formatted(size, digest));
    }

    /// Valkey has it since 8.1, Redis has not.
    private static boolean hasImportMode(EngineConnection engine) throws IOException {
        var found = engine.ask("CONFIG", "GET", IMPORT_MODE);
        if (found instanceof RespValue.ArrayReply(var items)) {
            return !items.isEmpty();
        }
        throw new IOException("the engine answers %s to CONFIG GET".formatted(found));
    }

    private static void expectOk(EngineConnection engine, String... command) throws IOException {
        var answer = engine.ask(command);
        if (!(answer instanceof RespValue.SimpleString)) {
            throw new IOException(
                    "the engine answers %s to %s".formatted(answer, String.join(" ", command)));
        }
    }
}
