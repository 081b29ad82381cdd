package dev.keepsake.front;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class AllowanceTest {
    private final Allowance allowance = new Allowance(300, 2);

    @Test
    void oneNodeAloneMayUseTwoThirds() {
        var share = allowance.share();
        assertThat(share.take(200)).isTrue();
        assertThat(share.take(1)).isFalse();
        assertThat(share.held()).isEqualTo(200);
        assertThat(share.isOver()).isFalse();
    }

    @Test
    void theNextNodeGetsSomeHoweverManyNodesUseAllTheyMay() {
        var greedy = Stream.generate(allowance::share).limit(5).toList();
        for (var share : greedy) {
            while (share.take(1)) {
                // uses all that it may
            }
        }
        assertThat(allowance.share().take(1)).isTrue();
    }

    @Test
    void aCountIsNeverRefusedAndMayExceedTheLimit() {
        var share = allowance.share();
        share.count(250);
        assertThat(share.isOver()).isTrue();
        assertThat(share.take(1)).isFalse();
        share.count(-60);
        assertThat(share.isOver()).isFalse();
    }

    @Test
    void theLimitOfANodeFallsWhenOthersUseMore() {
        var first = allowance.share();
        first.count(200);
        var second = allowance.share();
        assertThat(second.take(60)).isTrue();
        assertThat(first.isOver()).isTrue();
        assertThat(second.isOver()).isFalse();
    }

    @Test
    void aNodeThatUsesLittleIsNotOverEvenWhenAnotherUsesMoreThanAll() {
        var greedy = allowance.share();
        greedy.count(1_000);
        var modest = allowance.share();
        assertThat(modest.take(4)).isTrue();
        assertThat(modest.isOver()).isFalse();
        assertThat(modest.take(1)).isFalse();
    }

    @Test
    void freedRoomIsAvailableToOthers() {
        var first = allowance.share();
        first.take(200);
        first.count(-200);
        assertThat(allowance.share().take(200)).isTrue();
    }
}
