package dev.keepsake.front;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WatchesTest {
    private final Watches watches = new Watches();

    @Test
    void keysThatTheEngineWatchesAreCounted() {
        assertThat(watches.isOn()).isFalse();
        watches.add(2);
        watches.add(1);
        assertThat(watches.isOn()).isTrue();
        assertThat(watches.count()).isEqualTo(3);
    }

    @Test
    void watchesEndWithATransaction() {
        watches.add(2);
        watches.addUnseen();
        watches.end();
        assertThat(watches.isOn()).isFalse();
        assertThat(watches.areUnseen()).isFalse();
    }

    @Test
    void unseenWatchesAreRememberedUntilTheyEnd() {
        watches.addUnseen();
        assertThat(watches.isOn()).isFalse();
        assertThat(watches.areUnseen()).isTrue();
        watches.add(1);
        watches.endUnseen();
        assertThat(watches.areUnseen()).isFalse();
        assertThat(watches.isOn()).isTrue();
    }
}
