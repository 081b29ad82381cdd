package dev.keepsake.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.engine.EngineStamp;
import dev.keepsake.engine.RdbHeader;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What is said of a file that an engine does not load.
class FillerTest {
    private final IOException cause = new IOException("the engine refused");

    private IOException notLoaded(Optional<RdbHeader> header, String reader) {
        var words = reader.split(" ", 2);
        return Filler.notLoaded(
                "File a.rdb", header, EngineStamp.ofRelease(words[0], words[1]), cause);
    }

    private static Optional<RdbHeader> writtenBy(String engine, String version) {
        return Optional.of(new RdbHeader("redis", 11, engine, version));
    }

    @ParameterizedTest
    @CsvSource({
        "valkey, 8.1.1, valkey 8.0.1",
        "redis, 7.2.5, redis 7.2.4",
        "valkey, 7.2.6, redis 8.0.2",
    })
    void whatANewerOneOrOneOfAnotherLineWroteMayHaveMore(
            String writer, String version, String reader) {
        assertThat(notLoaded(writtenBy(writer, version), reader))
                .hasMessage(
                        "File a.rdb cannot be loaded by %s: it says that %s %s wrote it, which may write more than that reads. Fill a cluster that runs on %s %s or a newer %s.",
                        reader, writer, version, writer, version, writer)
                .hasCause(cause);
    }

    @ParameterizedTest
    @CsvSource({
        "valkey, 8.0.1, valkey 8.0.1",
        "valkey, 8.0.1, valkey 9.1.2",
        "redis, 7.2.4, redis 8.0.2",
        "redis, 7.2.4, valkey 8.0.1",
    })
    void whatTheEngineWouldGoOnWithIsNotTheWritersDoing(
            String writer, String version, String reader) {
        assertThat(notLoaded(writtenBy(writer, version), reader))
                .hasMessage("File a.rdb cannot be loaded as one database.")
                .hasCause(cause);
    }

    @ParameterizedTest
    @CsvSource({"redis 7.0.15", "valkey 8.1.1"})
    void nothingIsSaidOfAWriterThatTheFileDoesNotName(String reader) {
        for (var header :
                List.of(
                        Optional.<RdbHeader>empty(),
                        Optional.of(new RdbHeader("redis", 10, null, null)))) {
            assertThat(notLoaded(header, reader))
                    .hasMessage("File a.rdb cannot be loaded as one database.")
                    .hasCause(cause);
        }
    }
}
