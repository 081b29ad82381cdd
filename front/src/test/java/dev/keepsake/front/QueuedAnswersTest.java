package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Each command of a transaction gets its own answer, although some answers are not the engine's.
class QueuedAnswersTest {
    private final QueuedAnswers answers = new QueuedAnswers();
    private final List<String> confirmed = new ArrayList<>();

    private static ByteBuf bytes(String text) {
        return Unpooled.copiedBuffer(text, UTF_8);
    }

    private String changed(String reply) {
        return answers.changed(bytes(reply)).toString(UTF_8);
    }

    private void addSubscription(int channels) {
        answers.add(channels, confirmation -> confirmed.add(confirmation.toString(UTF_8)));
    }

    @Test
    void anAnswerOfTheFrontHasThePlaceOfItsCommand() {
        answers.add();
        answers.add(placeholder -> bytes(":42\r\n"));
        answers.add();
        assertThat(changed("*3\r\n+OK\r\n+PONG\r\n$1\r\nv\r\n"))
                .isEqualTo("*3\r\n+OK\r\n:42\r\n$1\r\nv\r\n");
    }

    @Test
    void aChangeGetsOnlyTheAnswerOfItsCommand() {
        answers.add();
        answers.add(given -> bytes("<" + given.toString(UTF_8).strip() + ">"));
        assertThat(changed("*2\r\n*2\r\n:1\r\n*1\r\n:2\r\n$4\r\n\r\n:3\r\n"))
                .isEqualTo("*2\r\n*2\r\n:1\r\n*1\r\n:2\r\n<$4\r\n\r\n:3>");
    }

    /// The engine gets one command for each channel; the client has given one.
    @Test
    void aSubscriptionToSeveralChannelsIsCountedOnce() {
        answers.add();
        addSubscription(2);
        answers.add();
        assertThat(answers.count()).isEqualTo(3);
        String one = "*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n";
        String two = "*3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:2\r\n";
        assertThat(changed("*4\r\n+OK\r\n" + one + two + ":1\r\n"))
                .isEqualTo("*3\r\n+OK\r\n" + one + two + ":1\r\n");
        assertThat(confirmed).containsExactly(one, two);
    }

    @Test
    void anAnswerBehindASubscriptionIsStillFound() {
        addSubscription(3);
        answers.add(given -> bytes("+mine\r\n"));
        assertThat(changed("*4\r\n:1\r\n:2\r\n:3\r\n+PONG\r\n"))
                .isEqualTo("*2\r\n:1\r\n:2\r\n:3\r\n+mine\r\n");
    }

    /// A watched key has changed, or the engine has refused: no command was executed.
    @ParameterizedTest
    @ValueSource(strings = {"*-1\r\n", "_\r\n", "-EXECABORT x\r\n", "*0\r\n", "*3\r\n:1\r\n:2\r\n"})
    void aReplyThatExecutedNothingIsPassedOn(String reply) {
        answers.add(given -> bytes("+mine\r\n"));
        answers.add();
        assertThat(changed(reply)).isEqualTo(reply);
    }

    @Test
    void theEnginesReplyIsPassedOnWhenNothingIsChanged() {
        answers.add();
        answers.add();
        assertThat(answers.areAllOfTheEngine()).isTrue();
        addSubscription(1);
        assertThat(answers.areAllOfTheEngine()).isFalse();
    }

    /// So that no client fills the heap with a transaction that never ends.
    @Test
    void keptAnswersCount() {
        answers.add();
        assertThat(answers.heapBytes()).isZero();
        answers.add(given -> given, 1_000);
        assertThat(answers.heapBytes()).isGreaterThan(1_000);
        long before = answers.heapBytes();
        addSubscription(10);
        assertThat(answers.heapBytes()).isGreaterThanOrEqualTo(before + 10 * 100);
    }
}
