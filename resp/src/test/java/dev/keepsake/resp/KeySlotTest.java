package dev.keepsake.resp;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.util.HashSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeySlotTest {
    /// The slot of the key, which stands between bytes that must not matter.
    private static int slot(String key) {
        var in = Unpooled.copiedBuffer("{x}{" + key + "}y}", ISO_8859_1);
        return KeySlot.of(in, 4, key.length());
    }

    private static long hash(String key) {
        var in = Unpooled.copiedBuffer("##" + key + "#", ISO_8859_1);
        return KeySlot.hash(in, 2, key.length());
    }

    @ParameterizedTest
    @CsvSource({"123456789,12739", "foo,12182", "bar,5061", "a,15495", "'',0", "\u00ff\u00fe,3374"})
    void slotsAreThoseOfCrc16(String key, int slot) {
        assertThat(slot(key)).isEqualTo(slot);
    }

    @ParameterizedTest
    @CsvSource({
        "{user1000}.following,user1000",
        "{user1000}.followers,user1000",
        "foo{{bar}}zap,{bar",
        "foo{bar}{zap},bar",
        "foo{bar}}zap,bar",
        "}foo{bar},bar",
        "{a},a"
    })
    void aHashTagDecidesAlone(String key, String tag) {
        assertThat(slot(key)).isEqualTo(slot(tag));
    }

    @Test
    void withoutATagTheWholeKeyCounts() {
        // As redis-server 7.0.15 answers CLUSTER KEYSLOT.
        assertThat(slot("foo{}{bar}")).isEqualTo(8363);
        assertThat(slot("{}")).isEqualTo(15257);
        assertThat(slot("foo{bar")).isEqualTo(15278);
        assertThat(slot("foo}bar{")).isEqualTo(11073);
        assertThat(slot("{")).isEqualTo(4092);
    }

    @Test
    void theHashIsOfTheWholeKeyAndNeverZero() {
        assertThat(hash("{a}1")).isEqualTo(hash("{a}1")).isNotEqualTo(hash("{a}2"));
        assertThat(hash("")).isNotZero();
        var hashes = new HashSet<Long>();
        for (int i = 0; i < 100_000; i++) {
            hashes.add(hash("key:" + i));
        }
        assertThat(hashes).hasSize(100_000).doesNotContain(0L);
    }
}
