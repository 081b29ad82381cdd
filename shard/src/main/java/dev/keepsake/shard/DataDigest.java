package dev.keepsake.shard;

import dev.keepsake.engine.EngineConnection;
import dev.keepsake.resp.RespValue;
import java.io.IOException;

/// The content of an engine as a text: the number of its keys and its answer to `DEBUG DIGEST`. The
/// texts of two engines are equal if they hold the same data, whenever they are asked.
///
/// So the text must not depend on the time, because two engines are compared one after the other. A
/// replica deletes no expired key and no expired field of a hash, and its dump contains all of
/// them. But the digest of Valkey since 9.0 leaves out expired fields of hashes. It counts them
/// only for the client that a primary in import mode takes for the source of its data. So an engine
/// that has this mode is made such a primary for the question; in this mode a primary deletes
/// nothing that is expired either. (Source: Valkey 9.1 `expire.c`, `getExpirationPolicyWithFlags`;
/// `server.c`, `databasesCron` and `beforeSleep`.)
final class DataDigest {
    private static final String IMPORT_MODE = "import-mode";

    private DataDigest() {}

    /// Asks an engine that follows a primary and has applied everything. The engine may no longer
    /// follow a primary afterwards, and must not be dumped any more.
    static String of(EngineConnection engine) throws IOException {
        if (hasImportMode(engine)) {
            // The mode comes first: a primary without it would delete expired keys.
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
                "the engine answers %s to DBSIZE and %s to DEBUG DIGEST; expected a number and a digest"
                        .formatted(size, digest));
    }

    /// Valkey has the mode since 8.1. Redis does not have it.
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
