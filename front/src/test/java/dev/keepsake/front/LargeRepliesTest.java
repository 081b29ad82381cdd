package dev.keepsake.front;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/// Which lanes are read while clients get large replies.
class LargeRepliesTest {
    private static final int MAX_BYTES = 1_000;

    @AutoClose("end")
    private final FakeEngine engine = new FakeEngine();

    private final Lane lane = new Lane();
    private boolean memoryIsOver;
    private long kept;
    private final LargeReplies replies =
            new LargeReplies(MAX_BYTES, () -> memoryIsOver, bytes -> kept += bytes);

    /// Passes its reply on in pieces, as long as that is wanted.
    private final class Lane extends LaneChannel {
        boolean passes = true;
        int pieces;

        Lane() {
            attach(engine.channel);
        }

        @Override
        void onReply(ByteBuf in, int from, int length) {}

        @Override
        boolean onLargeReply(ByteBuf in, int from) {
            return true;
        }

        @Override
        void onPiece(ByteBuf piece, boolean last) {
            pieces++;
        }

        @Override
        boolean wantsMore() {
            return replies.wantsMore(this, passes);
        }

        @Override
        void onRepliesRead() {}

        @Override
        void onLost() {}

        @Override
        void onFull(boolean full) {}
    }

    private boolean isRead() {
        return engine.channel.config().isAutoRead();
    }

    private void arrive() {
        engine.says("$%d\r\n%s".formatted(3 << 20, "x".repeat(1 << 20)));
    }

    @Test
    void aLaneIsReadWhileThereIsRoom() {
        replies.count(MAX_BYTES / 2);
        arrive();
        assertThat(isRead()).isTrue();
        assertThat(lane.pieces).isPositive();
    }

    @Test
    void aLaneIsStoppedBeyondHalfOfTheBoundUntilThereIsAQuarter() {
        replies.count(MAX_BYTES / 2 + 1);
        arrive();
        assertThat(isRead()).isFalse();
        replies.count(-1);
        assertThat(isRead()).isFalse();
        replies.count(-MAX_BYTES / 4);
        assertThat(isRead()).isTrue();
    }

    @Test
    void aLaneIsStoppedWhileMemoryIsOver() {
        memoryIsOver = true;
        arrive();
        assertThat(isRead()).isFalse();
        replies.readOnIfRoom();
        assertThat(isRead()).isFalse();
        memoryIsOver = false;
        replies.readOnIfRoom();
        assertThat(isRead()).isTrue();
    }

    /// Nothing becomes free before it is complete.
    @Test
    void readingContinuesForAReplyThatIsKept() {
        lane.passes = false;
        replies.keep(MAX_BYTES);
        arrive();
        assertThat(isRead()).isTrue();
    }

    @Test
    void keptBytesAreCountedAndReportedAsGrowth() {
        replies.keep(600);
        assertThat(replies.keptBytes()).isEqualTo(600);
        assertThat(kept).isEqualTo(600);
        replies.keepNoLonger(600);
        assertThat(replies.keptBytes()).isZero();
        assertThat(kept).isEqualTo(600); // it does not grow any more, and only growth is reported
    }

    @Test
    void aStalledLaneIsReportedAfterAWhileWithoutProgress() {
        replies.count(MAX_BYTES);
        arrive();
        for (int i = 0; i < 49; i++) {
            assertThat(replies.stalledBytes()).isZero();
        }
        assertThat(replies.stalledBytes()).isEqualTo(MAX_BYTES - MAX_BYTES / 4);
        replies.count(-1); // a client reads
        assertThat(replies.stalledBytes()).isZero();
    }

    @Test
    void nothingIsStalledWhenNoLaneIsStopped() {
        replies.count(MAX_BYTES);
        for (int i = 0; i < 100; i++) {
            assertThat(replies.stalledBytes()).isZero();
        }
    }

    @Test
    void closedLanesAreForgotten() {
        replies.count(MAX_BYTES);
        arrive();
        replies.forgetLanes();
        replies.count(-MAX_BYTES);
        assertThat(isRead()).isFalse();
    }
}
