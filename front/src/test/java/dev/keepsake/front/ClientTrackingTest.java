package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// CLIENT TRACKING of one client, with fake engines behind its own lane and the news lane.
class ClientTrackingTest {
    private static final String CHANGED = ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\na\r\n";

    private final FakeRules node = new FakeRules();
    private final FakeEngine ownEngine = new FakeEngine();
    private final FakeEngine newsEngine = new FakeEngine();
    private final OwnLane own = ownLane();
    private final FakeMember other = new FakeMember(9, node);
    private final Around client = new Around();
    private final ClientTracking tracking =
            new ClientTracking(
                    client,
                    UnpooledByteBufAllocator.DEFAULT,
                    id -> id == other.id() ? other : null);

    @AfterEach
    void release() {
        own.close();
        node.end();
        other.replies().discard();
        ownEngine.end();
        newsEngine.end();
    }

    private OwnLane ownLane() {
        var room =
                new LargeReply.Room(
                        node.allocator(),
                        new LargeReplies(1 << 20, () -> false, bytes -> {}),
                        node);
        var lane =
                new OwnLane(ownEngine.loop(), room, node.durability, new FakeLaneOwner(), "app", 2);
        lane.attach(ownEngine.channel);
        lane.greet();
        ownEngine.taken();
        ownEngine.says("+OK\r\n:7\r\n");
        return lane;
    }

    private final class Around implements ClientTracking.Surroundings {
        final Session session = new Session();
        final StringBuilder shown = new StringBuilder();
        final List<String> told = new ArrayList<>();
        boolean subscribed;

        @Override
        public Session session() {
            return session;
        }

        @Override
        public NewsLane openNewsLane(NewsLane.Tracker tracker) {
            var lane =
                    new NewsLane(
                            newsEngine.loop(), UnpooledByteBufAllocator.DEFAULT, tracker, () -> {});
            lane.attach(newsEngine.channel);
            lane.greet();
            told.add("opened");
            return lane;
        }

        @Override
        public String aclRules() {
            return "~* +@all";
        }

        @Override
        public boolean isSubscribed() {
            return subscribed;
        }

        @Override
        public void show(ByteBuf line) {
            shown.append(line.toString(US_ASCII));
        }

        @Override
        public void onNewsLaneReady() {
            told.add("ready");
        }

        @Override
        public void onNewsLost() {
            told.add("lost");
        }
    }

    private @Nullable TrackingRequest track(String... options) {
        var words = new ArrayList<>(List.of("CLIENT", "TRACKING"));
        words.addAll(List.of(options));
        var arguments = Commands.of(words.toArray(new String[0])).arguments();
        var request = tracking.prepare(arguments);
        if (request != null) {
            tracking.submit(request, arguments, own);
        }
        return request;
    }

    private void trackForAnother() {
        assertThat(track("ON", "REDIRECT", "9")).isNull();
        newsEngine.taken();
        newsEngine.says("+OK\r\n:77\r\n");
        track("ON", "REDIRECT", "9");
        ownEngine.says("+OK\r\n");
    }

    @Test
    void trackingIsOnOnceTheEngineHasAccepted() {
        assertThat(track("ON")).isNotNull();
        assertThat(ownEngine.taken()).isEqualTo("CLIENT TRACKING ON");
        assertThat(tracking.state().isOn()).isFalse();
        ownEngine.says("+OK\r\n");
        assertThat(tracking.state().isOn()).isTrue();
        assertThat(tracking.state().redirection()).isZero();
        assertThat(client.told).isEmpty();
        assertThat(own.isUsedUp()).isTrue(); // the next client would get messages for the keys
    }

    @Test
    void trackingStaysOffWhenTheEngineRefuses() {
        track("ON", "OPTIN", "OPTOUT");
        ownEngine.says("-ERR no\r\n");
        assertThat(tracking.state().isOn()).isFalse();
    }

    @Test
    void aBroadcastRemembersTheRulesOfItsRequest() {
        track("ON", "BCAST");
        ownEngine.says("+OK\r\n");
        assertThat(tracking.state().rulesOfBroadcast()).isEqualTo("~* +@all");
    }

    @Test
    void aCommandForAnotherConnectionWaitsUntilTheEngineHasNamedTheNewsLane() {
        assertThat(track("ON", "REDIRECT", "9")).isNull();
        assertThat(newsEngine.taken()).isEqualTo("HELLO 3\nCLIENT ID");
        newsEngine.says("+OK\r\n:77\r\n");
        assertThat(client.told).containsExactly("opened", "ready");
        assertThat(track("ON", "REDIRECT", "9")).isNotNull();
        assertThat(ownEngine.taken()).isEqualTo("CLIENT TRACKING ON REDIRECT 77");
        ownEngine.says("+OK\r\n");
        assertThat(tracking.state().redirection()).isEqualTo(9);
    }

    @Test
    void aBusyEngineIsAskedAgainForTheNumberOfTheNewsLane() {
        track("ON", "REDIRECT", "9");
        newsEngine.taken();
        newsEngine.says(
                "+OK\r\n-BUSY Redis is busy running a script. You can only call SCRIPT KILL or"
                        + " SHUTDOWN NOSAVE.\r\n");
        newsEngine.channel.advanceTimeBy(10, TimeUnit.MILLISECONDS);
        newsEngine.channel.runScheduledPendingTasks();
        assertThat(newsEngine.taken()).isEqualTo("CLIENT ID");
    }

    @Test
    void theOtherConnectionGetsTheInvalidations() {
        trackForAnother();
        newsEngine.says(CHANGED);
        assertThat(other.heard).hasToString(CHANGED);
        assertThat(client.shown).isEmpty();
    }

    @Test
    void theNewsLaneIsClosedWhenTheRedirectionEnds() {
        trackForAnother();
        track("OFF");
        ownEngine.says("+OK\r\n");
        newsEngine.channel.runPendingTasks();
        assertThat(newsEngine.channel.isOpen()).isFalse();
        assertThat(client.told).doesNotContain("lost");
    }

    @Test
    void aResp3ClientGetsAMessageWhenTheOtherConnectionIsClosed() {
        client.session.speak(3);
        trackForAnother();
        other.reset();
        newsEngine.says(CHANGED);
        assertThat(client.shown).hasToString(">2\r\n$21\r\ntracking-redir-broken\r\n:9\r\n");
        assertThat(tracking.state().flags()).isEqualTo("tR");
    }

    @Test
    void aResp2ClientGetsNoMessageWhenTheOtherConnectionIsClosed() {
        trackForAnother();
        other.reset();
        newsEngine.says(CHANGED);
        assertThat(client.shown).isEmpty();
        assertThat(tracking.state().flags()).isEqualTo("tR");
    }

    @Test
    void theClientGetsAReportWhenItsNewsLaneIsLost() {
        trackForAnother();
        newsEngine.closes();
        assertThat(client.told).endsWith("lost");
        assertThat(tracking.state().isOn()).isFalse();
    }

    @Test
    void theNewsLaneEndsWithTheTracking() {
        trackForAnother();
        tracking.end();
        newsEngine.channel.runPendingTasks();
        assertThat(newsEngine.channel.isOpen()).isFalse();
        assertThat(client.told).doesNotContain("lost");
        assertThat(tracking.state().isOn()).isFalse();
    }

    // ---- messages for another client's keys

    @Test
    void aResp3ClientGetsThePushOfTheEngine() {
        client.session.speak(3);
        tracking.hear(Unpooled.copiedBuffer(CHANGED, US_ASCII));
        assertThat(client.shown).hasToString(CHANGED);
    }

    @Test
    void aResp2ClientWithSubscriptionsGetsAMessage() {
        tracking.hear(Unpooled.copiedBuffer(CHANGED, US_ASCII));
        assertThat(client.shown).isEmpty();
        client.subscribed = true;
        tracking.hear(Unpooled.copiedBuffer(CHANGED, US_ASCII));
        assertThat(client.shown)
                .hasToString(
                        "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n*1\r\n$1\r\na\r\n");
    }
}
