package dev.keepsake.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class JsonLogLineTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    @Test
    void aRecordIsOneObjectInOneLine() {
        var record = record("node={} leads term={} how=\"{}\"", "a-1", 4L, "at once");
        assertThat(new JsonLogLine(false).format(record))
                .isEqualTo(
                        """
                        {"time":"1970-01-01T00:00:00.000Z","level":"WARN",\
                        "logger":"dev.keepsake.fleet.Fleet",\
                        "message":"node=a-1 leads term=4 how=\\"at once\\"",\
                        "node":"a-1","term":4,"how":"at once"}
                        """);
    }

    @Test
    void aTextThatLooksLikeAPairAddsNoField() {
        var parsed = parsed(record("user={} is refused: {}", "a level=ERROR", "x b=c", true));
        assertThat(parsed.propertyNames())
                .containsExactly("time", "level", "logger", "message", "user");
        assertThat(parsed.path("user").stringValue()).isEqualTo("a level=ERROR");
        assertThat(parsed.path("level").stringValue()).isEqualTo("WARN");
    }

    @Test
    void aPairNeverReplacesAMemberOfEveryLine() {
        var parsed = parsed(record("level={} time={}", "ERROR", null));
        assertThat(parsed.path("level").stringValue()).isEqualTo("WARN");
        assertThat(parsed.path("level_").stringValue()).isEqualTo("ERROR");
        assertThat(parsed.path("time_").isNull()).isTrue();
    }

    @Test
    void hiddenCharactersAreEscapesWithTheSameMeaning() {
        for (var mark : List.of("\n", "\0", "\u007f", "\u0085", "\u2028", "\u202e", "\u2066")) {
            var record = record("user={} is gone", "a" + mark + "b");
            record.setThrown(new IllegalStateException("c" + mark));
            var line = new JsonLogLine(true).format(record);
            assertThat(line).endsWith("\n");
            assertThat(line.strip()).doesNotContain(mark).doesNotContain("\n");
            var parsed = JSON.readTree(line);
            assertThat(parsed.path("user").stringValue()).isEqualTo("a" + mark + "b");
            assertThat(parsed.path("exception").stringValue())
                    .isEqualTo("java.lang.IllegalStateException: c" + mark);
        }
    }

    @Test
    void theStackIsAMemberWhenItIsAskedFor() {
        var record = record("it failed");
        record.setThrown(new IllegalStateException("no", new Exception("because")));
        assertThat(parsed(record).has("stack")).isFalse();
        assertThat(JSON.readTree(new JsonLogLine(true).format(record)).path("stack").stringValue())
                .contains("\tat ", "Caused by: java.lang.Exception: because");
    }

    @Test
    void aRecordOfTheJdkHasNoFields() {
        var record = new LogRecord(Level.SEVERE, "a={0}");
        record.setParameters(new Object[] {"b"});
        record.setInstant(Instant.EPOCH);
        assertThat(parsed(record).propertyNames())
                .containsExactly("time", "level", "logger", "message");
        assertThat(parsed(record).path("message").stringValue()).isEqualTo("a=b");
    }

    private static JsonNode parsed(LogRecord record) {
        return JSON.readTree(new JsonLogLine(false).format(record));
    }

    private static TemplateRecord record(String template, @Nullable Object... arguments) {
        var record = new TemplateRecord(Level.WARNING, template, arguments);
        record.setLoggerName("dev.keepsake.fleet.Fleet");
        record.setInstant(Instant.EPOCH);
        return record;
    }
}
