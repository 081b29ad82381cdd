package dev.keepsake.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.resp.RespValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RememberedFactsTest {
    private static final int STEP = 13; // each is a line in the log
    private static final String SHA_256 = "5".repeat(64);

    @TempDir private Path directory;
    private RememberedFacts remembered;
    private Path library;

    @BeforeEach
    void begin() throws IOException {
        remembered = new RememberedFacts(directory.resolve("facts"));
        library = Files.writeString(directory.resolve("library"), "lua");
    }

    private static EngineBinary binary(String path) {
        return new EngineBinary(Path.of(path), "valkey", "8.0.1");
    }

    private EngineFacts keep(String path) throws IOException {
        var get =
                new RespValue.ArrayReply(
                        List.of(new RespValue.SimpleString("get"), new RespValue.IntegerReply(2)));
        var facts =
                new EngineFacts(
                        binary(path),
                        SHA_256,
                        new RespValue.ArrayReply(List.of(get)),
                        11,
                        Set.of(KnownHole.CVE_2025_46817),
                        Set.of(),
                        SelfDescription.parse("redis_version:7.2.4\r\nvalkey_version:8.0.1\r\n"));
        remembered.keep(facts, List.of(ProgramFile.of(library)));
        return facts;
    }

    private Path onlyFile() throws IOException {
        try (var files = Files.list(directory.resolve("facts"))) {
            return files.toList().getFirst();
        }
    }

    @Test
    void whatWasKeptIsThereForThatProgramAlone() throws Exception {
        var facts = keep("/usr/bin/valkey-server");
        assertThat(remembered.of(facts.binary(), SHA_256))
                .contains(new RememberedFacts.Remembered(facts, List.of(ProgramFile.of(library))));
        assertThat(remembered.of(facts.binary(), "6".repeat(64))).isEmpty();
        assertThat(remembered.of(binary("/opt/valkey-server"), SHA_256)).isEmpty();
        var newer = new EngineBinary(facts.binary().path(), "valkey", "8.0.2");
        assertThat(remembered.of(newer, SHA_256)).isEmpty();
    }

    @Test
    void aLibraryThatIsChangedOrGoneMakesItWorthless() throws Exception {
        var facts = keep("/usr/bin/valkey-server");
        var before = ProgramFile.of(library);
        do {
            Files.writeString(library, "new"); // as many bytes, as soon as its time is another
        } while (before.isUnchanged());
        assertThat(remembered.of(facts.binary(), SHA_256)).isEmpty();
        keep("/usr/bin/valkey-server");
        assertThat(remembered.of(facts.binary(), SHA_256)).isPresent();
        Files.delete(library);
        assertThat(remembered.of(facts.binary(), SHA_256)).isEmpty();
    }

    @Test
    void eachByteCountsAndNoneMayBeMissing() throws Exception {
        var facts = keep("/usr/bin/valkey-server");
        var file = onlyFile();
        var whole = Files.readAllBytes(file);
        for (int i = 0; i < whole.length; i += STEP) {
            Files.write(file, Arrays.copyOf(whole, i));
            assertThat(remembered.of(facts.binary(), SHA_256)).as("cut at %d", i).isEmpty();
            var damaged = whole.clone();
            damaged[i] ^= 1;
            Files.write(file, damaged);
            assertThat(remembered.of(facts.binary(), SHA_256)).as("byte %d", i).isEmpty();
        }
        Files.write(file, whole);
        assertThat(remembered.of(facts.binary(), SHA_256))
                .contains(new RememberedFacts.Remembered(facts, List.of(ProgramFile.of(library))));
    }

    @Test
    void onlyTheNewestAreKept() throws Exception {
        for (int i = 0; i < 40; i++) {
            keep("/opt/%d/valkey-server".formatted(i));
        }
        try (var files = Files.list(directory.resolve("facts"))) {
            assertThat(files).hasSize(32);
        }
        assertThat(remembered.of(binary("/opt/39/valkey-server"), SHA_256)).isPresent();
    }
}
