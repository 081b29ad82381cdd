package dev.keepsake.shard;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class UnitRoomTest {
    private final UnitRoom room = new UnitRoom(2);
    private final List<String> granted = new ArrayList<>();

    @Test
    void whoeverFindsNoRoomWaitsForThoseBefore() {
        for (var unit : List.of("a", "b", "c", "d")) {
            room.ask(() -> granted.add(unit));
        }
        assertThat(granted).containsExactly("a", "b");
        room.giveBack();
        assertThat(granted).containsExactly("a", "b", "c");
        room.giveBack();
        room.giveBack();
        room.ask(() -> granted.add("e"));
        assertThat(granted).containsExactly("a", "b", "c", "d", "e");
        room.ask(() -> granted.add("f"));
        assertThat(granted).hasSize(5);
    }
}
