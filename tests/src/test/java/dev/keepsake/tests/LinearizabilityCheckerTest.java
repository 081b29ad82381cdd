package dev.keepsake.tests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.tests.KeyCommand.Append;
import dev.keepsake.tests.KeyCommand.Get;
import dev.keepsake.tests.KeyCommand.GetDel;
import dev.keepsake.tests.KeyCommand.Incr;
import dev.keepsake.tests.KeyCommand.LRange;
import dev.keepsake.tests.KeyCommand.RPush;
import dev.keepsake.tests.KeyCommand.Set;
import dev.keepsake.tests.LinearizabilityChecker.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LinearizabilityCheckerTest {
    private static final int CLIENTS = 10;
    private static final int OPERATIONS_EACH = 200;

    // ---- one client after the other

    @Test
    void nothingAtAllIsLinearizable() {
        assertLinearizable();
    }

    @Test
    void everyCommandRepliesWhatTheKeyHolds() {
        assertLinearizable(
                done(0, 1, new Get(), "nil"),
                done(2, 3, new Set("1"), "OK"),
                done(4, 5, new Incr(), "2"),
                done(6, 7, new Append("0"), "2"),
                done(8, 9, new Incr(), "21"),
                done(10, 11, new GetDel(), "21"),
                done(12, 13, new GetDel(), "nil"),
                done(14, 15, new LRange(), "[]"),
                done(16, 17, new RPush("a"), "1"),
                done(18, 19, new RPush("b"), "2"),
                done(20, 21, new LRange(), "[a b]"));
    }

    @Test
    void theWrongTypeIsAReplyAndChangesNothing() {
        assertLinearizable(
                done(0, 1, new RPush("a"), "1"),
                done(2, 3, new Get(), KeyCommand.WRONG_TYPE),
                done(4, 5, new Incr(), KeyCommand.WRONG_TYPE),
                done(6, 7, new Set("text"), "OK"),
                done(8, 9, new RPush("b"), KeyCommand.WRONG_TYPE),
                done(10, 11, new Incr(), KeyCommand.NO_INTEGER),
                done(12, 13, new Get(), "text"));
    }

    @Test
    void aStaleReadIsNotLinearizable() {
        assertViolated(
                done(0, 1, new Set("old"), "OK"),
                done(2, 3, new Set("new"), "OK"),
                done(4, 5, new Get(), "old"));
    }

    @Test
    void aLostAcknowledgedWriteIsNotLinearizable() {
        assertViolated(done(0, 1, new Set("v"), "OK"), done(2, 3, new Get(), "nil"));
        assertViolated(done(0, 1, new Incr(), "1"), done(2, 3, new Incr(), "1"));
        assertViolated(done(0, 1, new Append("ab"), "2"), done(2, 3, new Append("cd"), "2"));
        assertViolated(
                done(0, 1, new RPush("a"), "1"),
                done(2, 3, new RPush("b"), "2"),
                done(4, 5, new LRange(), "[a]"));
    }

    @Test
    void aValueIsTakenOnlyOnce() {
        assertViolated(
                done(0, 1, new Set("v"), "OK"),
                done(2, 5, new GetDel(), "v"),
                done(3, 6, new GetDel(), "v"));
    }

    @Test
    void itemsStandInTheOrderInWhichTheyWereAcknowledged() {
        assertViolated(
                done(0, 1, new RPush("a"), "1"),
                done(2, 3, new RPush("b"), "2"),
                done(4, 5, new LRange(), "[b a]"));
    }

    @Test
    void aValueThatNobodyWroteIsNotLinearizable() {
        assertViolated(done(0, 1, new Set("v"), "OK"), done(2, 3, new Get(), "w"));
    }

    // ---- at the same time

    @Test
    void writesAtTheSameTimeHaveWhicheverOrderTheRepliesTell() {
        assertLinearizable(
                done(0, 10, new Set("a"), "OK"),
                done(0, 10, new Set("b"), "OK"),
                done(11, 12, new Get(), "a"));
        assertLinearizable(
                done(0, 10, new Set("a"), "OK"),
                done(0, 10, new Set("b"), "OK"),
                done(11, 12, new Get(), "b"));
        assertLinearizable(
                done(0, 10, new Incr(), "1"),
                done(0, 10, new Append("5"), "2"),
                done(0, 10, new Get(), "15"),
                done(11, 12, new Incr(), "17"),
                done(0, 10, new Incr(), "16"));
    }

    @Test
    void readersDoNotDisagreeAboutTheOrder() {
        assertViolated(
                done(0, 20, new Set("a"), "OK"),
                done(0, 20, new Set("b"), "OK"),
                done(1, 2, new Get(), "a"),
                done(3, 4, new Get(), "b"),
                done(5, 6, new Get(), "a"));
    }

    @Test
    void aReadWhileAWriteIsUnderWayMayTellEither() {
        assertLinearizable(done(0, 10, new Set("v"), "OK"), done(1, 2, new Get(), "nil"));
        assertLinearizable(done(0, 10, new Set("v"), "OK"), done(1, 2, new Get(), "v"));
    }

    @Test
    void whatOneReaderHasSeenTheNextOneSeesToo() {
        assertViolated(
                done(0, 10, new Set("v"), "OK"),
                done(1, 2, new Get(), "v"),
                done(3, 4, new Get(), "nil"));
    }

    @Test
    void whatReturnsBeforeAnotherIsCalledComesFirstThoughTheyTouch() {
        assertLinearizable(done(0, 5, new Set("v"), "OK"), done(5, 6, new Get(), "nil"));
        assertViolated(done(0, 4, new Set("v"), "OK"), done(5, 6, new Get(), "nil"));
    }

    // ---- without a reply

    @Test
    void anUnknownWriteMayHaveHappenedAtAnyLaterTimeOrNever() {
        for (var command :
                List.of(new Set("5"), new Append("5"), new RPush("5"), new Incr(), new GetDel())) {
            assertLinearizable(unknown(0, command), done(1, 2, new Get(), "nil"));
        }
        assertLinearizable(unknown(0, new Set("v")), done(1, 2, new Get(), "v"));
        assertLinearizable(
                unknown(0, new Set("v")),
                done(1, 2, new Get(), "nil"),
                done(3, 4, new Set("w"), "OK"),
                done(5, 6, new Get(), "v"));
        assertLinearizable(unknown(0, new Incr()), done(1, 2, new Incr(), "2"));
        assertLinearizable(unknown(0, new Append("abc")), done(1, 2, new Append("d"), "4"));
        assertLinearizable(
                done(0, 1, new Set("v"), "OK"),
                unknown(2, new GetDel()),
                done(3, 4, new Get(), "nil"));
        assertLinearizable(
                done(0, 1, new RPush("a"), "1"),
                unknown(2, new RPush("b")),
                done(3, 4, new RPush("c"), "3"),
                done(5, 6, new LRange(), "[a b c]"));
    }

    @Test
    void anUnknownWriteTakesEffectOnce() {
        assertViolated(unknown(0, new Incr()), done(1, 2, new Incr(), "3"));
        assertViolated(
                unknown(0, new Set("v")),
                done(1, 2, new GetDel(), "v"),
                done(3, 4, new GetDel(), "v"));
        assertLinearizable(
                unknown(0, new Incr()), unknown(0, new Incr()), done(1, 2, new Incr(), "3"));
    }

    @Test
    void anUnknownWriteTakesNoEffectBeforeItIsSent() {
        assertViolated(done(0, 1, new Get(), "v"), unknown(2, new Set("v")));
    }

    @Test
    void aReadOfAValueThatLaterVanishesIsNotLinearizable() {
        assertViolated(
                done(0, 1, new Set("old"), "OK"),
                unknown(2, new Set("new")),
                done(3, 4, new Get(), "new"),
                done(5, 6, new Get(), "old"));
        assertViolated(
                unknown(0, new RPush("a")),
                done(1, 2, new LRange(), "[a]"),
                done(3, 4, new RPush("b"), "1"));
    }

    @Test
    void anUnknownReadSaysNothing() {
        assertLinearizable(unknown(0, new Get()), done(1, 2, new Get(), "nil"));
    }

    @Test
    void aViolationTellsWhereItStopped() {
        var verdict =
                check(done(0, 1, new Set("old"), "OK"), done(2, 3, new Get(), "something else"));
        assertThat(((Verdict.Violated) verdict).why())
                .contains("no order explains everything; of 2 operations, the longest order has 1")
                .contains("The key then holds \"old\"")
                .contains("Get[] -> something else (2 to 3)");
    }

    // ---- large histories

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    @Timeout(60)
    void aLargeHistoryIsCheckedInSeconds(long seed) {
        var history = executed(new Random(seed), 10);
        assertThat(history).hasSize(CLIENTS * OPERATIONS_EACH);
        assertThat(new LinearizabilityChecker().check(history))
                .isInstanceOf(Verdict.Linearizable.class);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    @Timeout(60)
    void oneWrongReadInALargeHistoryIsFound(long seed) {
        var history = new ArrayList<>(executed(new Random(seed), 5));
        int middle = history.size() / 2;
        while (!(history.get(middle).isKnown() && history.get(middle).command() instanceof Get)) {
            middle++;
        }
        var read = history.get(middle);
        history.set(
                middle,
                Operation.replied(
                        read.client(), new Get(), read.invokedNs(), read.returnedNs(), "never"));
        assertThat(new LinearizabilityChecker().check(history))
                .isInstanceOf(Verdict.Violated.class);
    }

    @Test
    @Timeout(60)
    void manyUnknownWritesOfWhichFewTookEffectAreNoTrouble() {
        var history = new ArrayList<Operation>();
        for (int i = 0; i < 12; i++) {
            history.add(unknown(i, new RPush("u" + i)));
        }
        var items = "";
        for (int i = 0; i < 50; i++) {
            items += i == 20 ? " u7 u11" : "";
            items += " k" + i;
            long nowNs = 100 + 10L * i;
            int length = i < 20 ? i + 1 : i + 3;
            history.add(done(nowNs, nowNs + 15, new RPush("k" + i), "" + length));
            history.add(done(nowNs + 11, nowNs + 25, new LRange(), "[" + items.strip() + "]"));
        }
        assertThat(new LinearizabilityChecker().check(history))
                .isEqualTo(new Verdict.Linearizable());
    }

    @Test
    void aSearchThatIsTooLargeEndsAndSaysSo() {
        var verdict = new LinearizabilityChecker(10_000).check(executed(new Random(1), 0));
        assertThat(verdict).isInstanceOf(Verdict.Undecided.class);
        assertThat(((Verdict.Undecided) verdict).why()).startsWith("undecided after ");
    }

    /// What clients see of a key that really executes their commands, each at a moment between call
    /// and return. Some lose their reply, and half of those their effect too.
    private static List<Operation> executed(RandomGenerator random, int unansweredPerMille) {
        record Call(
                int client, KeyCommand command, long invokedNs, long effectNs, long returnedNs) {}

        var calls = new ArrayList<Call>();
        for (int client = 0; client < CLIENTS; client++) {
            long nowNs = random.nextInt(1_000);
            for (int i = 0; i < OPERATIONS_EACH; i++) {
                long effectNs = nowNs + random.nextInt(1_000);
                long returnedNs = effectNs + random.nextInt(1_000);
                calls.add(
                        new Call(client, command(random, client, i), nowNs, effectNs, returnedNs));
                nowNs = returnedNs + 1 + random.nextInt(100);
            }
        }
        calls.sort((a, b) -> Long.compare(a.effectNs(), b.effectNs()));
        var history = new ArrayList<Operation>();
        var state = KeyState.ABSENT;
        for (var call : calls) {
            var client = "client-" + call.client();
            boolean answered = random.nextInt(1_000) >= unansweredPerMille;
            String reply = null;
            if (answered || random.nextBoolean()) {
                var step = call.command().on(state);
                state = step.next();
                reply = answered ? step.reply() : null;
            }
            history.add(
                    reply == null
                            ? Operation.unknown(client, call.command(), call.invokedNs())
                            : Operation.replied(
                                    client,
                                    call.command(),
                                    call.invokedNs(),
                                    call.returnedNs(),
                                    reply));
        }
        return history;
    }

    private static KeyCommand command(RandomGenerator random, int client, int number) {
        return switch (random.nextInt(10)) {
            case 0, 1, 2 -> new Set(Integer.toString(1_000_000 * (client + 1) + number));
            case 3, 4, 5, 6 -> new Get();
            case 7 -> new Incr();
            case 8 -> new Append("1");
            default -> new GetDel();
        };
    }

    // ---- making histories

    private static Operation done(
            long invokedNs, long returnedNs, KeyCommand command, String reply) {
        return Operation.replied("a", command, invokedNs, returnedNs, reply);
    }

    private static Operation unknown(long invokedNs, KeyCommand command) {
        return Operation.unknown("a", command, invokedNs);
    }

    private static Verdict check(Operation... history) {
        return new LinearizabilityChecker().check(List.of(history));
    }

    private static void assertLinearizable(Operation... history) {
        assertThat(check(history)).isEqualTo(new Verdict.Linearizable());
    }

    private static void assertViolated(Operation... history) {
        assertThat(check(history)).isInstanceOf(Verdict.Violated.class);
    }
}
