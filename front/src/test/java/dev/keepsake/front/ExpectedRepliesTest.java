package dev.keepsake.front;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.front.ExpectedReplies.Kind;
import java.util.ArrayDeque;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// If a reply were taken for that of another client or of another command, one client would get
/// another's answer, or an answer would be sent before it is durable.
class ExpectedRepliesTest {
    private record Entry(
            Kind kind,
            Patience patience,
            @Nullable ReplySink client,
            long keyHash,
            @Nullable KeyHashes keyHashes) {}

    private final ExpectedReplies replies = new ExpectedReplies();

    private void add(Entry entry) {
        replies.add(
                entry.kind(), entry.patience(), entry.client(), entry.keyHash(), entry.keyHashes());
    }

    private Entry take() {
        var entry =
                new Entry(
                        replies.kind(),
                        replies.patience(),
                        replies.client(),
                        replies.keyHash(),
                        replies.keyHashes());
        replies.remove();
        return entry;
    }

    private static ReplySink client() {
        return new ReplyQueue(new FakeRules(), new FakeOutlet(new StringBuilder()));
    }

    private static Entry random(Random random) {
        var kinds = Kind.values();
        var patiences = Patience.values();
        return new Entry(
                kinds[random.nextInt(kinds.length)],
                patiences[random.nextInt(patiences.length)],
                random.nextBoolean() ? client() : null,
                random.nextLong(),
                random.nextBoolean() ? new KeyHashes(new long[] {1, 2}) : null);
    }

    /// The ring grows at 256 entries, wherever it begins at that time.
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void repliesAreExpectedInTheOrderOfTheirCommands(long seed) {
        var random = new Random(seed);
        var expected = new ArrayDeque<Entry>();
        for (int phase = 0; phase < 12; phase++) {
            int more = random.nextInt(300);
            for (int i = 0; i < more; i++) {
                var entry = random(random);
                add(entry);
                expected.addLast(entry);
            }
            int fewer = random.nextInt(expected.size() + 1);
            for (int i = 0; i < fewer; i++) {
                assertThat(take()).as("seed %d", seed).isEqualTo(expected.removeFirst());
            }
            assertThat(replies.isEmpty()).isEqualTo(expected.isEmpty());
        }
        while (!expected.isEmpty()) {
            assertThat(take()).as("seed %d", seed).isEqualTo(expected.removeFirst());
        }
        assertThat(replies.isEmpty()).isTrue();
    }

    /// An entry without keys does not get the keys of the entry that had its place before.
    @Test
    void aPlaceIsClearedForItsNextEntry() {
        for (int i = 0; i < 256; i++) {
            add(new Entry(Kind.READ, Patience.LIMITED, client(), 7, new KeyHashes(new long[] {7})));
            take();
        }
        var without = new Entry(Kind.WAIT, Patience.ENDLESS, null, 0, null);
        for (int i = 0; i < 256; i++) {
            add(without);
            assertThat(take()).isEqualTo(without);
        }
    }
}
