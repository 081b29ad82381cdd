package dev.keepsake.front;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.shard.Publication;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class HeldPublicationsTest {
    private final Allowance heap = new Allowance(3_000, 2); // two thirds for one node alone
    private final Allowance.Share share = heap.share();
    private final HeldPublications publications =
            new HeldPublications(new MemoryWatch(new Allowance(1, 1).share(), share));

    private static Publication ofBytes(int bytes) {
        return new Publication(new byte[0], new byte[bytes]);
    }

    private HeldPublications.Held held(long bytes) {
        return Objects.requireNonNull(publications.hold(bytes));
    }

    @Test
    void aReleasedPublicationMakesRoom() {
        var first = held(1_500);
        assertThat(publications.hold(1_500)).isNull();
        first.passOn();
        assertThat(publications.hold(1_500)).isNull();
        first.release();
        first.release(); // a second call has no effect
        assertThat(share.held()).isZero();
        assertThat(publications.hold(1_500)).isNotNull();
    }

    @Test
    void questionsToTheEngineAreReleasedWhenItIsLeft() {
        held(500);
        var passedOn = held(500);
        passedOn.passOn();
        publications.onEngineLeft();
        assertThat(share.held()).isEqualTo(700);
        passedOn.release();
        assertThat(share.held()).isZero();
    }

    @Test
    void aPublicationOfAnotherShardIsCountedUntilItIsBack() {
        assertThat(publications.expect(ofBytes(700))).isTrue();
        assertThat(publications.expect(ofBytes(700))).isTrue();
        assertThat(publications.expect(ofBytes(700))).isFalse();
        assertThat(publications.takeExpected(ofBytes(700))).isTrue();
        assertThat(publications.expect(ofBytes(600))).isTrue();
        assertThat(publications.takeExpected(ofBytes(600))).isTrue();
        assertThat(publications.takeExpected(ofBytes(700))).isTrue();
        assertThat(publications.takeExpected(ofBytes(700))).isFalse();
        assertThat(share.held()).isZero();
    }

    @Test
    void nothingIsCountedWhenNothingIsExpected() {
        publications.expect(ofBytes(500));
        publications.expect(ofBytes(500));
        publications.expectNothing();
        assertThat(share.held()).isZero();
        assertThat(publications.takeExpected(ofBytes(500))).isFalse();
    }
}
