package dev.keepsake.shard;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DurabilityTest {
    private static final long KEY = 7;
    private static final long OTHER_KEY = 8;

    private final List<String> released = new ArrayList<>();
    private final List<String> dropped = new ArrayList<>();
    private final Durability<String> durability = with(HoldRule.ALL);
    private boolean lease = true;

    private Durability<String> with(HoldRule rule) {
        return new Durability<>(rule, released::add, dropped::add);
    }

    private void lead() {
        durability.prepare(() -> lease);
        durability.lead();
    }

    @Test
    void sendsEverythingWhileItFollows() {
        assertThat(durability.holdsReplies()).isFalse();
        assertThat(durability.mayLeave(false, true)).isTrue();
        assertThat(durability.mayTell()).isTrue();
        assertThat(durability.tracker()).isNull();
    }

    @Test
    void holdsNothingBeforeItServesThoughRepliesCanBeParked() {
        durability.prepare(() -> lease);
        assertThat(durability.holdsReplies()).isFalse();
        assertThat(durability.tracker()).isNotNull();
        durability.lead();
        assertThat(durability.holdsReplies()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "true,  false, true,  true",
        "true,  false, false, false",
        "true,  true,  true,  false",
        "false, false, true,  false",
        "false, true,  false, false"
    })
    void sendsOnAPrimaryWhatIsCleanAndNextAndWithinTheLease(
            boolean clean, boolean behindParked, boolean leaseHolds, boolean leaves) {
        lead();
        lease = leaseHolds;
        assertThat(durability.mayLeave(clean, behindParked)).isEqualTo(leaves);
        assertThat(durability.mayTell()).isEqualTo(leaseHolds);
    }

    @Test
    void aKeyIsDirtyWhileAWriteToItIsUnderWay() {
        lead();
        durability.dirtyKeys().mark(KEY);
        assertThat(durability.isClean(KEY)).isFalse();
        assertThat(durability.isClean(OTHER_KEY)).isTrue();
        durability.dirtyKeys().release(KEY);
        assertThat(durability.isClean(KEY)).isTrue();
    }

    @Test
    void noKeyIsCleanWhileTheEngineMayEvictIt() {
        lead();
        durability.expectEvictions(true);
        assertThat(durability.isClean(KEY)).isFalse();
        durability.expectEvictions(false);
        assertThat(durability.isClean(KEY)).isTrue();
    }

    @Test
    void nobodyKnowsWhenAnEvictionEndsThatAnOperatorHasAllowed() {
        durability.allowEvictions();
        durability.expectEvictions(false);
        assertThat(durability.isEvicting()).isTrue();
    }

    @Test
    void releasesWhatIsDurableWhileTheLeaseHolds() {
        lead();
        var group = requireNonNull(durability.tracker()).open();
        group.park("a");
        group.barrier(10);
        group.park("b");
        group.barrier(20);
        assertThat(durability.parkedCount()).isEqualTo(2);
        durability.durable(10);
        assertThat(released).containsExactly("a");
        lease = false;
        durability.durable(20);
        assertThat(released).containsExactly("a");
        lease = true;
        durability.releaseDurable();
        assertThat(released).containsExactly("a", "b");
        assertThat(durability.parkedCount()).isZero();
    }

    @Test
    void dropsWhatIsParkedWhenItLeadsNoLonger() {
        lead();
        var group = requireNonNull(durability.tracker()).open();
        group.park("a");
        group.barrier(10);
        durability.dirtyKeys().mark(KEY);
        durability.countParked(3);
        durability.end();
        durability.durable(10);
        assertThat(dropped).containsExactly("a");
        assertThat(released).isEmpty();
        assertThat(durability.isClean(KEY)).isTrue();
        assertThat(durability.parkedBytes()).isZero();
        assertThat(durability.mayReply()).isFalse();
    }

    @Test
    void tellsNothingMoreWhenItHasFallenSilent() {
        lead();
        durability.fallSilent();
        assertThat(durability.mayTell()).isFalse();
        assertThat(durability.mayLeave(true, false)).isFalse();
    }

    @Test
    void keepsTheDurableOffsetForItsNextTerm() {
        durability.durable(10);
        lead();
        var group = requireNonNull(durability.tracker()).open();
        group.park("a");
        group.barrier(10);
        assertThat(released).containsExactly("a");
    }

    @Test
    void leadsOnlyOnceItHasPreparedTo() {
        assertThatThrownBy(durability::lead).isInstanceOf(IllegalStateException.class);
        durability.prepare(() -> lease);
        assertThatThrownBy(() -> durability.prepare(() -> lease))
                .isInstanceOf(IllegalStateException.class);
    }

    /// They are wrong, and are there for tests that have to notice it.
    @Test
    void theOtherRulesHoldLess() {
        var writesOnly = with(HoldRule.WRITES_ONLY);
        writesOnly.prepare(() -> lease);
        writesOnly.lead();
        writesOnly.dirtyKeys().mark(KEY);
        assertThat(writesOnly.isClean(KEY)).isTrue();
        assertThat(writesOnly.mayLeave(false, false)).isFalse();
        var nothing = with(HoldRule.NOTHING);
        nothing.prepare(() -> lease);
        nothing.lead();
        lease = false;
        assertThat(nothing.mayLeave(false, true)).isTrue();
        assertThat(nothing.mayTell()).isTrue();
    }
}
