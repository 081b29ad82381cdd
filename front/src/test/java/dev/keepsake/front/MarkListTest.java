package dev.keepsake.front;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.shard.DirtyKeys;
import org.junit.jupiter.api.Test;

/// The keys that a command makes dirty, and for how long.
class MarkListTest {
    private final DirtyKeys dirtyKeys = new DirtyKeys();
    private final MarkList marks = new MarkList();

    private void mark(String command) {
        marks.markWrites(Commands.of(command.split(" ", -1)), dirtyKeys);
    }

    private boolean isDirty(String key) {
        return dirtyKeys.contains(Commands.of("GET", key).onlyKeyHash());
    }

    @Test
    void aWriteMarksItsKeysUntilTheyAreReleased() {
        mark("MSET b 1 {b}2 2");
        assertThat(isDirty("b")).isTrue();
        assertThat(isDirty("{b}2")).isTrue();
        assertThat(isDirty("{b}3")).isFalse();
        assertThat(marks.isEmpty()).isFalse();
        marks.releaseFrom(dirtyKeys);
        assertThat(isDirty("b")).isFalse();
        assertThat(marks.isEmpty()).isTrue();
    }

    @Test
    void aKeyStaysMarkedUntilItsLastMarkIsReleased() {
        var later = new MarkList();
        mark("SET b v");
        later.markWrites(Commands.of("SET", "b", "v"), dirtyKeys);
        marks.releaseFrom(dirtyKeys);
        assertThat(isDirty("b")).isTrue();
        later.releaseFrom(dirtyKeys);
        assertThat(isDirty("b")).isFalse();
    }

    @Test
    void aReadMarksOnlyKeysWhoseResultItStores() {
        mark("GET b");
        mark("DBSIZE");
        assertThat(marks.isEmpty()).isTrue();
        mark("PFCOUNT b");
        assertThat(isDirty("b")).isTrue();
    }

    @Test
    void aCommandThatMayWriteAnyKeyMarksAll() {
        mark("EVAL x 0");
        assertThat(isDirty("b")).isTrue();
        marks.releaseFrom(dirtyKeys);
        assertThat(isDirty("b")).isFalse();
        mark("FLUSHALL");
        assertThat(isDirty("b")).isTrue();
    }

    @Test
    void execMarksNothingBeyondItsQueuedCommands() {
        mark("EXEC");
        assertThat(marks.isEmpty()).isTrue();
    }

    @Test
    void aChangeOfFunctionsIsMarkedToo() {
        mark("SET b v");
        assertThat(MarkList.areFunctionsChanging(dirtyKeys)).isFalse();
        mark("FUNCTION FLUSH");
        assertThat(MarkList.areFunctionsChanging(dirtyKeys)).isTrue();
        marks.releaseFrom(dirtyKeys);
        assertThat(MarkList.areFunctionsChanging(dirtyKeys)).isFalse();
    }
}
