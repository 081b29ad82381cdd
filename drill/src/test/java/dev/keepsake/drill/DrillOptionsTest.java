package dev.keepsake.drill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class DrillOptionsTest {
    @Test
    void countsItsNodes() {
        assertThat(new DrillOptions(3, 2, 2, 4, 0).nodes()).isEqualTo(6);
    }

    @Test
    void saysWhichOptionIsWrongAndWhatWouldBeRight() {
        assertThatThrownBy(() -> new DrillOptions(0, 1, 1, 4, 0))
                .hasMessage("--failovers is 0; give 1 to 10000");
        assertThatThrownBy(() -> new DrillOptions(3, 0, 1, 4, 0)).hasMessageContaining("--shards");
        assertThatThrownBy(() -> new DrillOptions(3, 1, 0, 4, 0))
                .hasMessage("--replicas is 0; give 1 to 5");
        assertThatThrownBy(() -> new DrillOptions(3, 1, 1, 0, 0)).hasMessageContaining("--writers");
        assertThatThrownBy(() -> new DrillOptions(3, 1, 1, 4, -1)).hasMessageContaining("--lag-ms");
    }
}
