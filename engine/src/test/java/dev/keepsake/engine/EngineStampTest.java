package dev.keepsake.engine;

import static dev.keepsake.engine.EngineStamp.ofRelease;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class EngineStampTest {
    private static EngineStamp stamp(String text) {
        var words = text.split(" ", 2);
        return ofRelease(words[0], words[1]);
    }

    @ParameterizedTest
    @CsvSource({
        "redis 7.0.15, redis 7.0.15, true",
        "redis 7.0.16, redis 7.0.15, true",
        "redis 7.0.14, redis 7.0.15, false",
        "redis 7.0.9, redis 7.0.15, false", // by numbers, not by letters
        "redis 8.0.2, redis 7.0.15, true",
        "redis 7.0.15, redis 8.0.2, false",
        "valkey 7.2.6, redis 7.0.15, true",
        "valkey 8.0.1, redis 7.0.15, true",
        "valkey 9.1.2, redis 7.2.4, true",
        "valkey 9.1.2, redis 7.4.0, false",
        "valkey 9.1.2, redis 8.0.2, false",
        "valkey 8.1.1, valkey 8.0.1, true",
        "valkey 8.0.1, valkey 8.1.1, false", // the same RDB version, and words of its own
        "valkey 9.1.2, valkey 8.0.1, true",
        "valkey 10.0.0, valkey 9.1.2, true",
        "valkey 8.0.1, valkey 9.1.2, false",
        "redis 7.0.15, valkey 8.0.1, false",
        "redis 8.0.2, valkey 8.0.1, false",
        "redis 8.0.2, valkey 9.1.2, false",
        "valkey 9.0.0-rc1, valkey 9.0.0, false", // older than what it is a candidate for
        "valkey 9.0.0, valkey 9.0.0-rc1, true",
        "valkey 9.0.0-rc2, valkey 9.0.0-rc1, true",
        "valkey 9.0.0-rc2, valkey 9.0.0-rc10, false", // by numbers here, too
        "valkey 8.1-rc1, valkey 8.0.4, true",
        "valkey 8.1-rc1, valkey 8.1, false",
        "redis 8.2-m01, redis 8.2-rc1, false",
        "redis 7.9.240, redis 8.0.0, false", // how Redis numbers a candidate of 8.0
        "redis 8.0.240, redis 8.0.5, true",
        "redis 8.0.2, redis 8.0.2-custom, true", // what is no stage says nothing
        "redis 8.0.2-custom, redis 8.0.2, true",
    })
    void anEngineGoesOnWithWhatAnOlderOneOfItsLineLeft(
            String reader, String writer, boolean continues) {
        assertThat(stamp(reader).continues(stamp(writer))).isEqualTo(continues);
    }

    /// A file that a candidate has written says the version of the release.
    @ParameterizedTest
    @CsvSource({
        "valkey 9.0.0-rc1, valkey 9.0.0, true",
        "valkey 9.0.0-rc1, valkey 9.0.1, false",
        "valkey 9.0.0, valkey 9.0.0, true",
        "valkey 8.1.1, valkey 9.0.0, false",
    })
    void aCandidateGoesOnWithItsOwnFiles(String reader, String file, boolean continues) {
        assertThat(stamp(reader).continuesFileOf(stamp(file))).isEqualTo(continues);
    }

    @ParameterizedTest
    @CsvSource({
        "redis 7.0.15, REDIS0009, true",
        "redis 7.0.15, REDIS0010, true",
        "redis 7.0.15, REDIS0011, false",
        "redis 7.0.15, VALKEY080, false",
        "redis 8.0.2, REDIS0012, true",
        "redis 8.0.2, REDIS0011, true", // of a Valkey before 9, for example
        "redis 8.0.2, REDIS0013, false",
        "redis 8.0.2, VALKEY080, false",
        "valkey 8.0.1, REDIS0011, true",
        "valkey 8.0.1, REDIS0012, false",
        "valkey 8.0.1, VALKEY080, false",
        "valkey 9.1.2, REDIS0010, true",
        "valkey 9.1.2, REDIS0012, false",
        "valkey 9.1.2, VALKEY080, true",
        "valkey 9.1.2, VALKEY081, false",
        "valkey 9.1.2, VALKEY012, false",
    })
    void anEngineLoadsTheFormatsThatItKnows(String reader, String magic, boolean loads) {
        var header = RdbHeader.parse(ByteBuffer.wrap(magic.getBytes(US_ASCII))).orElseThrow();
        assertThat(header.isLoadedBy(stamp(reader))).isEqualTo(loads);
    }

    @Test
    void whatItLoadsIsSaidInFull() {
        assertThat(stamp("redis 7.0.15").loadable()).isEqualTo("Redis's RDB versions up to 10");
        assertThat(stamp("valkey 8.0.1").loadable()).isEqualTo("Redis's RDB versions up to 11");
        assertThat(stamp("valkey 9.1.2").loadable())
                .isEqualTo("Redis's RDB versions up to 11 and Valkey's from 80 to 80");
    }

    @Test
    void anEntryHoldsAllOfIt() {
        var written = new EngineStamp("valkey", "9.1.2-rc1", 80);
        var payload = written.encode();
        assertThat(EngineStamp.decode(payload)).isEqualTo(written);
        assertThat(payload.position()).as("it can be read again").isZero();
    }

    @Test
    void anEntryThatIsCutOffAnywhereIsRefused() {
        var payload = new EngineStamp("valkey", "9.1.2", 80).encode();
        for (int end = 0; end < payload.limit(); end++) {
            var cut = payload.duplicate().limit(end);
            assertThatIllegalArgumentException()
                    .as("%d bytes", end)
                    .isThrownBy(() -> EngineStamp.decode(cut))
                    .withMessageContaining("cut off");
        }
    }

    @Test
    void anEntryOfAnotherFormatOrEngineIsRefused() {
        var other = stamp("redis 7.0.15").encode().put(0, (byte) 2);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> EngineStamp.decode(other))
                .withMessageContaining("format 2");
        var name = stamp("redis 7.0.15").encode().put(2, (byte) 'x');
        assertThatIllegalArgumentException()
                .isThrownBy(() -> EngineStamp.decode(name))
                .withMessageContaining("xedis");
    }

    @Test
    void versionsAreComparedNumberByNumber() {
        assertThat(EngineStamp.compare("7.0.15", "7.0.9")).isPositive();
        assertThat(EngineStamp.compare("7.2", "7.2.0")).isZero();
        assertThat(EngineStamp.compareNumbers("8.1.0-rc1", "8.1.0")).isZero();
        assertThat(EngineStamp.compare("10.0.0", "9.9.9")).isPositive();
        assertThat(EngineStamp.compare("255.255.255", "9.1.2")).isPositive();
    }
}
