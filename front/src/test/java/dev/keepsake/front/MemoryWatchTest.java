package dev.keepsake.front;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MemoryWatchTest {
    private final MemoryWatch watch =
            new MemoryWatch(new Allowance(300, 2).share(), new Allowance(300, 2).share());
    private final List<String> closed = new ArrayList<>();

    /// A client that uses as much memory as a test sets.
    private final class Client implements MemoryWatch.Holder {
        final String name;
        long room;
        long wanted;
        long stuck;
        long other;
        long heap;
        boolean spared;

        Client(String name) {
            this.name = name;
        }

        boolean wants(long bytes) {
            wanted = bytes;
            boolean granted = watch.resize(this, room, bytes);
            room = granted ? bytes : room;
            return granted;
        }

        @Override
        public long inputBytes() {
            return room;
        }

        @Override
        public long stuckBytes() {
            return stuck;
        }

        @Override
        public long otherBytes() {
            return other;
        }

        @Override
        public long heapBytes() {
            return heap;
        }

        @Override
        public boolean isSpared() {
            return spared;
        }

        @Override
        public void onRoom() {
            wants(wanted);
        }

        @Override
        public void closeFor(String reason) {
            closed.add(name);
            watch.forget(this);
            wants(0);
        }
    }

    private final Client a = new Client("a");
    private final Client b = new Client("b");
    private final Client c = new Client("c");
    private final List<Client> all = List.of(a, b, c);

    /// Otherwise small commands would keep a large one waiting for ever.
    @Test
    void roomIsGivenInTheOrderOfWaiting() {
        assertThat(a.wants(190)).isTrue();
        assertThat(b.wants(120)).isFalse();
        assertThat(c.wants(20)).isFalse();
        a.wants(150);
        watch.giveRoom();
        assertThat(b.room).isZero();
        assertThat(c.room).as("it came later").isZero();
        a.wants(0);
        watch.giveRoom();
        assertThat(b.room).isEqualTo(120);
        assertThat(c.room).isEqualTo(20);
    }

    @Test
    void aDisconnectedClientWaitsNoLonger() {
        assertThat(a.wants(190)).isTrue();
        assertThat(b.wants(120)).isFalse();
        assertThat(c.wants(20)).isFalse();
        watch.forget(b);
        a.wants(150);
        watch.giveRoom();
        assertThat(c.room).isEqualTo(20);
    }

    /// Two thirds of the whole for one node alone, as long as no other node uses any.
    @Test
    void aClientThatNeedsLessFreesRoomAtOnce() {
        assertThat(a.wants(200)).isTrue();
        assertThat(b.wants(1)).isFalse();
        assertThat(a.wants(100)).isTrue();
        assertThat(b.wants(100)).isTrue();
    }

    @Test
    void theWatchIsOverWhileTooMuchIsUsed() {
        assertThat(watch.isOver()).isFalse();
        watch.count(301);
        assertThat(watch.isOver()).isTrue();
        watch.count(-301);
        assertThat(watch.isOver()).isFalse();
        assertThat(watch.takeHeap(301)).isFalse();
        assertThat(watch.isOver()).isFalse();
    }

    @Test
    void aClientWithoutRoomContinuesWhenThereIsSome() {
        assertThat(a.wants(150)).isTrue();
        assertThat(b.wants(100)).isFalse();
        watch.giveRoom();
        assertThat(b.room).isZero();
        a.wants(0);
        watch.giveRoom();
        assertThat(b.room).isEqualTo(100);
    }

    @Test
    void aStuckClientIsClosedForWaitingOnesButNotAtOnce() {
        a.wants(150);
        b.wants(40);
        a.stuck = 150;
        b.stuck = 40;
        c.wants(100);
        watch.endWaiting(all);
        assertThat(closed).isEmpty();
        for (int i = 0; i < 10; i++) {
            watch.endWaiting(all);
            watch.giveRoom();
        }
        assertThat(closed).containsExactly("a");
        assertThat(c.room).isEqualTo(100);
    }

    @Test
    void aWaitingClientIsNotClosedForUnreadRepliesOfOthers() {
        a.wants(20);
        b.other = 180;
        watch.measure(all, 0);
        assertThat(a.wants(100)).isFalse();
        for (int i = 0; i < 10; i++) {
            watch.endWaiting(all);
        }
        assertThat(closed).isEmpty();
    }

    @Test
    void waitingClientsAreClosedWhenTheyUseEverything() {
        for (var client : all) {
            watch.count(80);
            client.room = 80;
        }
        assertThat(a.wants(100)).isFalse();
        for (int i = 0; i < 5; i++) {
            watch.endWaiting(all);
        }
        assertThat(closed).isNotEmpty();
    }

    @Test
    void noClientIsClosedWhileNoneWaits() {
        a.wants(150);
        a.stuck = 150;
        for (int i = 0; i < 10; i++) {
            watch.endWaiting(all);
        }
        assertThat(closed).isEmpty();
    }

    @Test
    void clientsWithMostUnreadBytesAreClosedWhileThatIsTooMuch() {
        a.other = 120;
        b.other = 150;
        c.other = 30;
        watch.measure(all, 0);
        assertThat(closed).containsExactly("b");
    }

    @Test
    void aSparedClientStaysWhenAnotherUsesNearlyAsMuch() {
        a.other = 120;
        b.other = 150;
        b.spared = true;
        watch.measure(all, 0);
        assertThat(closed).containsExactly("a");
    }

    @Test
    void aSparedClientIsClosedBeforeClientsThatUseLittle() {
        a.other = 10;
        b.other = 150;
        b.spared = true;
        c.other = 150;
        c.spared = true;
        watch.measure(all, 0);
        assertThat(closed).hasSize(1).doesNotContain("a");
    }

    @Test
    void noClientIsClosedForBytesThatWaitForTheLog() {
        a.other = 20;
        b.other = 30;
        watch.measure(all, 250);
        assertThat(closed).isEmpty();
        assertThat(watch.isOver()).isTrue();
    }

    @Test
    void theHeapHasABoundOfItsOwn() {
        a.heap = 250;
        b.other = 190;
        watch.measure(all, 0);
        assertThat(closed).containsExactly("a");
    }

    @Test
    void growthInBuffersIsMeasuredBeforeItIsLarge() {
        var large =
                new MemoryWatch(new Allowance(1L << 30, 2).share(), new Allowance(1, 1).share());
        assertThat(large.noteGrowth(1 << 20)).isFalse();
        assertThat(large.noteGrowth(1 << 30)).isTrue();
    }

    @Test
    void growthInTheHeapIsMeasuredBeforeItIsLarge() {
        var heap = new Allowance(64 << 20, 2);
        var large = new MemoryWatch(new Allowance(1L << 30, 2).share(), heap.share());
        assertThat(large.noteHeapGrowth(1 << 20)).isFalse();
        assertThat(large.noteHeapGrowth(8 << 20)).isTrue();
        large.measure(all, 0);
        assertThat(large.noteHeapGrowth(1 << 20)).isFalse();
    }

    @Test
    void takenHeapReducesTheRoomOfClientsUntilItIsGivenBack() {
        assertThat(watch.takeHeap(150)).isTrue();
        assertThat(watch.takeHeap(150)).isFalse();
        a.heap = 100;
        watch.measure(all, 0);
        assertThat(closed).containsExactly("a");
        a.heap = 0;
        watch.giveHeapBack(150);
        b.heap = 150;
        watch.measure(all, 0);
        assertThat(closed).containsExactly("a");
    }
}
