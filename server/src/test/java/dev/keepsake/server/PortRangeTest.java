package dev.keepsake.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PortRangeTest {
    @Test
    void readsWhatItWrites() {
        assertThat(PortRange.parse("18400-18699")).isEqualTo(new PortRange(18400, 18699));
        assertThat(new PortRange(1, 65535)).hasToString("1-65535");
        assertThat(PortRange.parse("0")).isEqualTo(PortRange.ANY);
        assertThat(PortRange.parse(PortRange.ANY.toString())).isEqualTo(PortRange.ANY);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "1",
                "1-",
                "-2",
                "a-b",
                "1-2-3",
                "0-5",
                "9-8",
                "1-65536",
                "1-9999999999"
            })
    void saysTheWayOutOfABadRange(String text) {
        assertThatThrownBy(() -> PortRange.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("give FIRST-LAST");
    }
}
