package dev.keepsake.shard;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import dev.keepsake.engine.EngineConnection;
import dev.keepsake.resp.RespValue;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DataDigestTest {
    private static final String GET = "CONFIG GET import-mode";
    private static final String SET = "CONFIG SET import-mode yes";
    private static final String ALONE = "REPLICAOF NO ONE";
    private static final String SOURCE = "CLIENT IMPORT-SOURCE ON";
    private static final String SIZE = "DBSIZE";
    private static final String DIGEST = "DEBUG DIGEST";
    private static final RespValue OK = new RespValue.SimpleString("OK");

    /// An engine that answers what it is told to, and says what it was asked.
    private static final class Scripted implements EngineConnection {
        private final Map<String, RespValue> answers =
                new HashMap<>(
                        Map.of(
                                SET, OK,
                                ALONE, OK,
                                SOURCE, OK,
                                SIZE, new RespValue.IntegerReply(2),
                                DIGEST, new RespValue.SimpleString("abc")));
        private final List<String> asked = new ArrayList<>();

        Scripted(RespValue importMode) {
            answers.put(GET, importMode);
        }

        @Override
        public RespValue ask(String... command) throws IOException {
            var text = String.join(" ", command);
            asked.add(text);
            var answer = answers.get(text);
            if (answer == null) {
                throw new IOException("nobody is to ask " + text);
            }
            return answer;
        }

        @Override
        public void close() {}
    }

    private static Scripted withImportMode() {
        return new Scripted(new RespValue.ArrayReply(List.of(bulk("import-mode"), bulk("no"))));
    }

    private static RespValue bulk(String text) {
        return new RespValue.Bulk(text.getBytes(US_ASCII));
    }

    private static Scripted withoutImportMode() {
        return new Scripted(new RespValue.ArrayReply(List.of()));
    }

    @Test
    void anEngineWithoutImportModeIsAskedForItsDigestAsAReplica() throws IOException {
        var engine = withoutImportMode();
        assertThat(DataDigest.of(engine)).isEqualTo("2 keys, digest abc");
        assertThat(engine.asked).containsExactly(GET, SIZE, DIGEST);
    }

    /// In import mode before it is a primary: it would delete what is over.
    @Test
    void anEngineWithImportModeCountsWhatIsOverAndDeletesNothing() throws IOException {
        var engine = withImportMode();
        assertThat(DataDigest.of(engine)).isEqualTo("2 keys, digest abc");
        assertThat(engine.asked).containsExactly(GET, SET, ALONE, SOURCE, SIZE, DIGEST);
    }

    @Test
    void anEngineThatRefusesImportModeStaysAReplicaAndHasNoDigest() {
        var engine = withImportMode();
        engine.answers.put(SET, new RespValue.ErrorReply("ERR no"));
        assertThatIOException()
                .isThrownBy(() -> DataDigest.of(engine))
                .withMessageContaining("ERR no")
                .withMessageContaining(SET);
        assertThat(engine.asked).containsExactly(GET, SET);
    }

    @Test
    void anEngineThatDoesNotCountWhatIsOverHasNoDigest() {
        var engine = withImportMode();
        engine.answers.put(SOURCE, new RespValue.ErrorReply("ERR no"));
        assertThatIOException()
                .isThrownBy(() -> DataDigest.of(engine))
                .withMessageContaining(SOURCE);
        assertThat(engine.asked).doesNotContain(DIGEST);
    }

    @Test
    void anErrorIsNoDigest() {
        var engine = withoutImportMode();
        engine.answers.put(DIGEST, new RespValue.ErrorReply("ERR DEBUG command not allowed"));
        assertThatIOException()
                .isThrownBy(() -> DataDigest.of(engine))
                .withMessageContaining("ERR DEBUG command not allowed");
    }
}
