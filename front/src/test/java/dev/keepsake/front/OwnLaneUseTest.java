package dev.keepsake.front;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// When a client gets a lane of its own, when it gives it back, and what is remembered of it.
class OwnLaneUseTest {
    private final Client client = new Client();
    private final Lanes lanes = new Lanes();
    private final OwnLaneUse<Lane> use = new OwnLaneUse<>(client, lanes);

    static final class Client implements OwnLaneUse.Client {
        boolean awaiting;
        boolean owed;
        boolean closed;
        boolean ending;
        boolean inTransaction;
        boolean watching;
        boolean tracking;
        boolean sendingLarge;
        boolean touchesNothing;
        int protocol = 2;

        @Override
        public boolean isAwaiting() {
            return awaiting;
        }

        @Override
        public boolean isOwedReplies() {
            return owed;
        }

        @Override
        public boolean isClosed() {
            return closed;
        }

        @Override
        public boolean isEnding() {
            return ending;
        }

        @Override
        public boolean isInTransaction() {
            return inTransaction;
        }

        @Override
        public boolean isWatching() {
            return watching;
        }

        @Override
        public boolean isTracking() {
            return tracking;
        }

        @Override
        public boolean isSendingLarge() {
            return sendingLarge;
        }

        @Override
        public boolean touchesNothing() {
            return touchesNothing;
        }

        @Override
        public int protocol() {
            return protocol;
        }
    }

    /// Owes nothing and has no subscriptions, unless a test sets something else.
    private static final class Lane implements OwnLaneUse.Lane {
        final Map<String, Set<String>> subscriptions = new HashMap<>();
        final List<String> told = new ArrayList<>();
        boolean changing;
        boolean owes;

        private boolean listens() {
            return subscriptions.values().stream().anyMatch(names -> !names.isEmpty());
        }

        @Override
        public boolean isChanging() {
            return changing;
        }

        @Override
        public boolean isQuiet() {
            return !owes && !listens();
        }

        @Override
        public boolean isOnlyListening() {
            return !owes && listens();
        }

        @Override
        public boolean isSubscribedAtAll() {
            return listens();
        }

        @Override
        public boolean isSubscribed() {
            return listens();
        }

        @Override
        public int subscriptions(String kind) {
            return subscriptions.getOrDefault(kind, Set.of()).size();
        }

        @Override
        public long heapBytes() {
            return 100L * subscriptions.size();
        }

        @Override
        public void touchNothing(boolean wished) {
            told.add("touch nothing " + wished);
        }

        @Override
        public void endShardSubscriptions() {
            told.add("end shard subscriptions");
        }

        @Override
        public Subscriptions part() {
            told.add("part");
            return Subscriptions.of(subscriptions);
        }

        @Override
        public void abandon() {
            told.add("abandon");
        }
    }

    private static final class Lanes implements OwnLaneUse.Lanes<Lane> {
        final List<Lane> givenBack = new ArrayList<>();
        boolean exhausted;

        @Override
        public boolean hasOne() {
            return !exhausted;
        }

        @Override
        public Lane take() {
            return new Lane();
        }

        @Override
        public void giveBack(Lane lane) {
            givenBack.add(lane);
        }
    }

    private Lane take() {
        return requireNonNull(use.take());
    }

    private Lane takeAndListen(String kind, String... names) {
        var lane = take();
        lane.subscriptions.put(kind, Set.of(names));
        return lane;
    }

    private static Named<Consumer<Client>> state(String name, Consumer<Client> change) {
        return Named.of(name, change);
    }

    /// The reasons for which a client keeps its lane, quiet or not.
    private static Stream<Named<Consumer<Client>>> reasons() {
        return Stream.of(
                state("a transaction", c -> c.inTransaction = true),
                state("watched keys", c -> c.watching = true),
                state("tracked keys", c -> c.tracking = true),
                state("a large command", c -> c.sendingLarge = true),
                state("a command under way", c -> c.awaiting = true));
    }

    private static Stream<Named<Consumer<Client>>> reasonsNotToPart() {
        return Stream.concat(
                reasons(),
                Stream.of(
                        state("replies that wait", c -> c.owed = true),
                        state("its end", c -> c.closed = true),
                        state("its end behind replies", c -> c.ending = true)));
    }

    @Test
    void aLaneIsTakenOnceAndKept() {
        assertThat(use.isOn()).isFalse();
        var lane = take();
        assertThat(use.isOn()).isTrue();
        client.awaiting = true;
        assertThat(use.take()).isSameAs(lane).isSameAs(use.lane());
        assertThat(lane.told).isEmpty();
    }

    @Test
    void noLaneIsTakenWhileSomethingIsUnderWayElsewhere() {
        client.awaiting = true;
        assertThat(use.take()).isNull();
        assertThat(use.isOn()).isFalse();
    }

    @Test
    void theLaneKnowsThatItsClientTouchesNothing() {
        client.touchesNothing = true;
        assertThat(take().told).containsExactly("touch nothing true");
    }

    @Test
    void aClientIsOutOfLanesOnlyWhenItNeedsOneNow() {
        lanes.exhausted = true;
        assertThat(use.isOutOfLanes()).isTrue();
        client.awaiting = true;
        assertThat(use.isOutOfLanes()).isFalse();
        client.awaiting = false;
        lanes.exhausted = false;
        assertThat(use.isOutOfLanes()).isFalse();
        take();
        lanes.exhausted = true;
        assertThat(use.isOutOfLanes()).isFalse();
    }

    @Test
    void aQuietLaneIsGivenBack() {
        var lane = take();
        use.full(true);
        assertThat(use.giveBackIfQuiet()).isTrue();
        assertThat(lanes.givenBack).containsExactly(lane);
        assertThat(use.isOn()).isFalse();
        assertThat(use.isFull()).isFalse();
        assertThat(use.giveBackIfQuiet()).isFalse();
    }

    @ParameterizedTest
    @MethodSource("reasons")
    void aLaneIsKeptForEachReason(Consumer<Client> reason) {
        take();
        reason.accept(client);
        assertThat(use.giveBackIfQuiet()).isFalse();
        assertThat(use.isOn()).isTrue();
        assertThat(lanes.givenBack).isEmpty();
    }

    @Test
    void aLaneIsKeptForAClientThatTouchesNothing() {
        client.touchesNothing = true;
        take();
        assertThat(use.giveBackIfQuiet()).isFalse();
    }

    @Test
    void aLaneThatIsNotQuietIsKept() {
        var lane = take();
        lane.owes = true;
        assertThat(use.giveBackIfQuiet()).isFalse();
        lane.owes = false;
        lane.subscriptions.put("subscribe", Set.of("c"));
        assertThat(use.giveBackIfQuiet()).isFalse();
    }

    @Test
    void theLaneIsChangingWhileSubscriptionsChange() {
        assertThat(use.isChanging()).isFalse();
        take().changing = true;
        assertThat(use.isChanging()).isTrue();
    }

    @Test
    void subscriptionsAreCounted() {
        takeAndListen("psubscribe", "a*", "b*");
        assertThat(use.subscriptions("psubscribe")).isEqualTo(2);
        assertThat(use.subscriptions("subscribe")).isZero();
        assertThat(use.isListening()).isTrue();
        assertThat(use.isSubscribedAtAll()).isTrue();
        assertThat(use.onlyListens()).isTrue();
        assertThat(use.heapBytes()).isEqualTo(100);
    }

    @Test
    void aClientPartsFromAnEngineAndItsSubscriptionsAreRemembered() {
        var lane = takeAndListen("subscribe", "c", "d");
        use.full(true);
        assertThat(use.part()).isTrue();
        assertThat(lane.told).containsExactly("part");
        assertThat(use.isOn()).isFalse();
        assertThat(use.isFull()).isFalse();
        assertThat(use.isBetweenEngines()).isTrue();
        assertThat(use.isChanging()).as("until the replies are passed on").isTrue();
        assertThat(use.subscriptions("subscribe")).isEqualTo(2);
        assertThat(use.onlyListens()).isTrue();
        assertThat(use.heapBytes()).isPositive();

        assertThat(use.onParted(new Lane())).isFalse();
        assertThat(use.onParted(lane)).isTrue();
        assertThat(use.isChanging()).isFalse();
        assertThat(use.isBetweenEngines()).isTrue();

        assertThat(requireNonNull(use.recall()).confirmations()).isEqualTo(2);
        assertThat(use.isBetweenEngines()).isFalse();
        assertThat(use.isListening()).isFalse();
        assertThat(use.recall()).isNull();
    }

    @ParameterizedTest
    @MethodSource("reasonsNotToPart")
    void aClientDoesNotPartWhenItWouldLoseMore(Consumer<Client> reason) {
        var lane = takeAndListen("subscribe", "c");
        reason.accept(client);
        assertThat(use.part()).isFalse();
        assertThat(lane.told).isEmpty();
        assertThat(use.lane()).isSameAs(lane);
    }

    @Test
    void aClientDoesNotPartFromALaneThatOwesReplies() {
        assertThat(use.part()).as("without a lane").isFalse();
        takeAndListen("subscribe", "c").owes = true;
        assertThat(use.part()).isFalse();
    }

    @Test
    void subscriptionsAreRememberedWhileThereIsNoEngine() {
        assertThat(use.recall()).isNull();
        listenWithoutEngine("c");
        assertThat(use.subscriptions("subscribe")).isEqualTo(1);
        assertThat(use.onlyListens()).isTrue();
        client.protocol = 3;
        assertThat(use.onlyListens()).isFalse();
        listenWithoutEngine("d");
        assertThat(requireNonNull(use.recall()).confirmations()).isEqualTo(2);
    }

    private void listenWithoutEngine(String channel) {
        requireNonNull(use.remember(100))
                .change(
                        "subscribe",
                        Commands.of("SUBSCRIBE", channel).arguments(),
                        client.protocol,
                        Unpooled.buffer());
    }

    @Test
    void rememberedSubscriptionsHaveABound() {
        assertThat(use.remember(OwnLaneUse.REMEMBERED_MAX_BYTES + 1)).isNull();
        assertThat(use.remember(OwnLaneUse.REMEMBERED_MAX_BYTES)).isNotNull();
        listenWithoutEngine("x".repeat(1_000));
        assertThat(use.remember(OwnLaneUse.REMEMBERED_MAX_BYTES - 1_000)).isNull();
        assertThat(use.subscriptions("subscribe")).isEqualTo(1);
    }

    @Test
    void aClientLeavesAllLanes() {
        var parted = takeAndListen("subscribe", "c");
        use.part();
        var lane = take();
        use.leave();
        assertThat(parted.told).containsExactly("part", "abandon");
        assertThat(lane.told).containsExactly("abandon");
        assertThat(use.isOn()).isFalse();
        assertThat(use.isChanging()).isFalse();
        assertThat(use.isBetweenEngines()).isFalse();
        assertThat(use.isListening()).isFalse();
    }

    @Test
    void aLaneThatWasLeftDoesNotStopItsClient() {
        take();
        use.full(true);
        use.leave();
        assertThat(use.isFull()).as("the lane reports no more").isFalse();
        take();
        assertThat(use.isFull()).isFalse();
    }

    @Test
    void aClientHasNoLaneWhenTheEngineHasClosedIt() {
        var lane = take();
        use.onLost();
        assertThat(use.isOn()).isFalse();
        assertThat(lane.told).isEmpty();
    }

    @Test
    void shardSubscriptionsEndOnceNothingIsUnderWay() {
        var lane = takeAndListen("ssubscribe", "c");
        assertThat(use.endShardSubscriptionsIfFree()).as("not asked").isFalse();
        client.awaiting = true;
        use.endShardSubscriptions();
        assertThat(use.endShardSubscriptionsIfFree()).isFalse();
        client.awaiting = false;
        client.inTransaction = true;
        assertThat(use.endShardSubscriptionsIfFree()).isFalse();
        client.inTransaction = false;
        assertThat(use.endShardSubscriptionsIfFree()).isTrue();
        assertThat(lane.told).containsExactly("end shard subscriptions");
        assertThat(use.endShardSubscriptionsIfFree()).as("once").isFalse();
    }

    @Test
    void shardSubscriptionsThatHaveEndedAreNotEndedAgain() {
        var lane = takeAndListen("ssubscribe", "c");
        use.endShardSubscriptions();
        lane.subscriptions.clear();
        assertThat(use.endShardSubscriptionsIfFree()).isFalse();
        lane.subscriptions.put("ssubscribe", Set.of("d"));
        assertThat(use.endShardSubscriptionsIfFree()).as("which has come since").isFalse();
        lane.subscriptions.put("subscribe", Set.of("e"));
        lane.subscriptions.remove("ssubscribe");
        use.endShardSubscriptions();
        assertThat(use.endShardSubscriptionsIfFree()).as("of another kind").isFalse();
        assertThat(lane.told).isEmpty();
    }
}
