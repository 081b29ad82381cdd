package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ScriptReadingTest {
    private final List<String> events = new ArrayList<>();
    private byte @Nullable [] text = "return 1".getBytes(US_ASCII);

    private ScriptReading later() {
        return ScriptReading.later(
                () -> text,
                copy -> new String(copy, US_ASCII).contains("bad") ? "ERR bad" : null,
                () -> events.add("over"));
    }

    private ScriptReader.Job job(ScriptReading reading) {
        return reading.job(
                new EmbeddedChannel().eventLoop(),
                left -> {
                    assertThat(left).isSameAs(reading);
                    events.add("left");
                });
    }

    private void read(ScriptReader.Job job) {
        job.onRead(job.read(requireNonNull(job.copy())));
    }

    @Test
    void aScriptIsNotOverBeforeItHasBeenRead() {
        var reading = later();
        var job = job(reading);
        assertThat(reading.isOver()).isFalse();
        read(job);
        assertThat(reading.isOver()).isTrue();
        assertThat(reading.refusal()).isNull();
        assertThat(events).containsExactly("left", "over");
    }

    @Test
    void aRefusedScriptHasAReason() {
        text = "bad".getBytes(US_ASCII);
        var reading = later();
        read(job(reading));
        assertThat(reading.refusal()).isEqualTo("ERR bad");
    }

    /// Its client has gone, and so have the bytes: the next script's turn has come.
    @Test
    void aScriptWithoutItsTextIsNotRead() {
        text = null;
        assertThat(job(later()).copy()).isNull();
        assertThat(events).containsExactly("left");
    }

    @Test
    void aReadingThatIsGivenUpBeforeItsTurnIsNotCopied() {
        var reading = later();
        var job = job(reading);
        reading.giveUp();
        assertThat(job.copy()).isNull();
        assertThat(events).containsExactly("left");
    }

    /// The connection may be another client's by now, so it gets no report.
    @Test
    void aReadingThatIsGivenUpMeanwhileReportsNothing() {
        text = "bad".getBytes(US_ASCII);
        var reading = later();
        var job = job(reading);
        var copy = requireNonNull(job.copy());
        reading.giveUp();
        job.onRead(job.read(copy));
        assertThat(reading.refusal()).isNull();
        assertThat(events).containsExactly("left");
    }

    @Test
    void aScriptThatWasReadAtOnceIsOver() {
        assertThat(ScriptReading.over("ERR bad").isOver()).isTrue();
        assertThat(ScriptReading.over("ERR bad").refusal()).isEqualTo("ERR bad");
        assertThat(ScriptReading.over(null).refusal()).isNull();
    }
}
