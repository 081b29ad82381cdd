package dev.keepsake.front;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class InputRoomTest {
    private final Allowance.Share direct = new Allowance(100, 1000).share();
    private final MemoryWatch memory = new MemoryWatch(direct, new Allowance(100, 1000).share());
    private int freed;
    private final InputRoom room = new InputRoom(memory, new Client(), () -> freed++);

    private static final class Client implements MemoryWatch.Holder {
        @Override
        public long inputBytes() {
            return 0;
        }

        @Override
        public long stuckBytes() {
            return 0;
        }

        @Override
        public long otherBytes() {
            return 0;
        }

        @Override
        public long heapBytes() {
            return 0;
        }

        @Override
        public boolean isSpared() {
            return false;
        }

        @Override
        public void onRoom() {}

        @Override
        public void closeFor(String reason) {}
    }

    @Test
    void theNeedOfACommandIsCounted() {
        room.update(10, 60, 5);
        assertThat(room.bytes()).isEqualTo(60);
        assertThat(room.isRight(60)).isTrue();
        assertThat(room.isStarved()).isFalse();
        assertThat(room.isHeldFor(3, 7)).isFalse();
        assertThat(room.isHeldFor(3, 8)).isTrue();
        room.update(0, 0, 9);
        assertThat(room.bytes()).isZero();
        assertThat(freed).isEqualTo(1);
    }

    @Test
    void aClientWaitsForRoomAndReceivedBytesAreCounted() {
        direct.count(90);
        room.update(20, 60, 0);
        assertThat(room.isStarved()).isTrue();
        assertThat(room.isRight(60)).isFalse();
        assertThat(room.bytes()).isEqualTo(20);
        direct.count(-90);
        room.update(20, 60, 1);
        assertThat(room.isStarved()).isFalse();
        assertThat(room.bytes()).isEqualTo(60);
    }
}
