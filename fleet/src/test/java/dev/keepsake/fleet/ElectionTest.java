package dev.keepsake.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.core.Term;
import dev.keepsake.log.Tail;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ElectionTest {
    private static final Term FOUR = new Term(4);
    private static final Term FIVE = new Term(5);
    private static final Term SIX = new Term(6);

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    # the nodes, by phase and offset         | passed over | is told to claim
                    a DOWN -1, b REPLICA 7, c REPLICA 9      |             | c
                    a DOWN -1, b REPLICA 9, c REPLICA 7      |             | b
                    a DOWN -1, b REPLICA 9, c REPLICA 9      |             | b
                    a DOWN -1, b REPLICA 9, c STARTING 99    |             | b
                    a DOWN -1, b REPLICA 9, c SILENT 99      |             | b
                    a DOWN -1, b REPLICA 9, c DOWN -1        |             | b
                    a DOWN -1, b REPLICA 7, c REPLICA 9      | c           | b
                    a DOWN -1, b DOWN -1,   c REPLICA 9      | c           | c
                    a REPLICA 8, b REPLICA 7, c REPLICA 9    | c           | a
                    a DOWN -1, b STARTING 9, c STARTING 9    |             |
                    a DOWN -1, b DOWN -1,   c DOWN -1        |             |
                    """)
    void whenThePrimaryHasFailedTheReplicaThatHasComeFurthestIsAsked(
            String nodes, @Nullable String passedOver, @Nullable String asked) {
        var election = led("a", OtherProcess.NONE);
        election.onRetired("a", FIVE);
        assertThat(asked(election, nodes, FIVE, passedOver)).isEqualTo(Optional.ofNullable(asked));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    # the nodes when b led before the start  | is told to claim
                    a REPLICA 9, b STARTING 1, c REPLICA 9   |
                    a REPLICA 9, b REPLICA 1,  c REPLICA 9   | b
                    a STARTING 9, b REPLICA 1, c STARTING 9  | b
                    """)
    void whoLedBeforeTheStartIsPreferred(String nodes, @Nullable String asked) {
        var election = new Election(OtherProcess.NONE);
        election.begin("b", FOUR);
        assertThat(asked(election, nodes, FOUR, null)).isEqualTo(Optional.ofNullable(asked));
    }

    @Test
    void whoLedBeforeTheStartIsNotWaitedForOnceItHasFailed() {
        var election = new Election(OtherProcess.NONE);
        election.begin("b", FOUR);
        assertThat(election.isLeaderComing(FOUR)).isTrue();
        election.onRetired("b", Term.NONE);
        assertThat(election.isLeaderComing(FOUR)).isFalse();
        assertThat(asked(election, "a REPLICA 9, b STARTING 1", FOUR, null)).contains("a");
    }

    @Test
    void whoLedBeforeTheStartIsNotPreferredAnyMoreOnceSomebodyHasLed() {
        var election = new Election(OtherProcess.NONE);
        election.begin("b", FOUR);
        election.onLeading("a", FIVE);
        assertThat(election.isLeaderComing(FIVE)).isFalse();
        election.onRetired("a", FIVE);
        assertThat(asked(election, "b STARTING 1, c REPLICA 9", FIVE, null)).contains("c");
    }

    @Test
    void nobodyIsAskedWhileANodeLeads() {
        assertThat(asked(led("a", OtherProcess.NONE), "a PRIMARY 9, b REPLICA 9", FIVE, null))
                .isEmpty();
    }

    @Test
    void oneIsAskedAtATime() {
        var election = led("a", OtherProcess.NONE);
        election.onRetired("a", FIVE);
        assertThat(asked(election, "b REPLICA 9, c REPLICA 7", FIVE, null)).contains("b");
        assertThat(asked(election, "b REPLICA 9, c REPLICA 99", FIVE, null)).isEmpty();
    }

    @Test
    void anotherIsAskedOnceTheFirstHasFailed() {
        var election = led("a", OtherProcess.NONE);
        election.onRetired("a", FIVE);
        assertThat(asked(election, "b REPLICA 9, c REPLICA 7", FIVE, null)).contains("b");
        election.onRetired("c", Term.NONE); // which is somebody else
        assertThat(asked(election, "b REPLICA 9, c REPLICA 7", FIVE, null)).isEmpty();
        election.onRetired("b", Term.NONE);
        assertThat(asked(election, "b DOWN -1, c REPLICA 7", FIVE, null)).contains("c");
    }

    @Test
    void anotherIsAskedOnceTheFirstHasLeftTheShard() {
        var election = led("a", OtherProcess.NONE);
        election.onRetired("a", FIVE);
        assertThat(asked(election, "b REPLICA 9, c REPLICA 7", FIVE, null)).contains("b");
        election.onRemoved("b");
        assertThat(asked(election, "c REPLICA 7", FIVE, null)).contains("c");
    }

    @Test
    void theOneThatLeadsIsNotTheOneThatWasAskedIfAnotherStoodByItself() {
        var election = led("a", OtherProcess.NONE);
        election.onRetired("a", FIVE);
        assertThat(asked(election, "b REPLICA 9, c REPLICA 7", FIVE, null)).contains("b");
        election.onLeading("c", SIX);
        assertThat(election.leader()).isEqualTo("c");
        assertThat(election.lastLeader()).isEqualTo("c");
        election.onRetired("b", Term.NONE);
        assertThat(election.leader()).isEqualTo("c");
    }

    @Test
    void aSilentPrimaryIsReplacedByWhoeverStands() {
        var election = led("a", OtherProcess.NONE);
        election.onLeading("b", SIX);
        election.onRetired("a", FIVE);
        assertThat(election.leader()).isEqualTo("b");
    }

    @Test
    void aPrimaryThatHasHandedOverIsReplaced() {
        var election = led("a", OtherProcess.ENDED);
        election.onResigned("a", FIVE);
        assertThat(election.leader()).isNull();
        assertThat(election.lastLeader()).isEqualTo("a");
        assertThat(asked(election, "a STARTING 9, b REPLICA 9", FIVE, "a")).contains("b");
    }

    @Test
    void nobodyIsAskedDuringAPause() {
        var election = led("a", OtherProcess.NONE);
        election.pause();
        election.onRetired("a", FIVE);
        assertThat(asked(election, "b REPLICA 9", FIVE, null)).isEmpty();
        election.resume();
        assertThat(asked(election, "b REPLICA 9", FIVE, null)).contains("b");
    }

    @Test
    void theNomineeIsToldBehindWhichTermToClaim() {
        var election = led("a", OtherProcess.NONE);
        election.onRetired("a", FIVE);
        assertThat(election.next(nodes("b REPLICA 9"), logOf("a", FIVE), null))
                .contains(new Election.Nomination("b", FIVE));
    }

    @Test
    void nobodyIsAskedBehindATermThatANodeHasWonByItselfUntilItSaysSo() {
        var election = led("a", OtherProcess.NONE);
        election.onRetired("a", FIVE);
        var log = logOf("b", SIX);
        assertThat(asked(election, "a DOWN -1, b REPLICA 7, c REPLICA 9", log, null)).isEmpty();
        election.onLeading("b", SIX);
        election.onRetired("b", SIX);
        assertThat(asked(election, "a DOWN -1, b DOWN -1, c REPLICA 9", log, null)).contains("c");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "b DOWN -1, c REPLICA 9",
                "b STARTING -1, c REPLICA 9",
                "c REPLICA 9", // b has left the shard
            })
    void aTermIsOverWhoseWinnerFailedBeforeItSaidSo(String nodes) {
        var election = led("a", OtherProcess.NONE);
        election.onRetired("a", FIVE);
        assertThat(asked(election, nodes, logOf("b", SIX), null)).contains("c");
    }

    @ParameterizedTest
    @EnumSource(names = {"ENDED", "MAY_LEAD"})
    void inALogOfSeveralProcessesAWinnerThatIsNotHeardOfMayBeAnothers(OtherProcess other) {
        var election = led("a", other);
        election.onRetired("a", FIVE);
        assertThat(asked(election, "b DOWN -1, c REPLICA 9", logOf("b", SIX), null)).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(names = {"ENDED", "MAY_LEAD"})
    void nobodyIsAskedBehindATermThatAnotherProcessHasTaken(OtherProcess other) {
        var election = led("a", other);
        election.onRetired("a", FIVE);
        assertThat(asked(election, "b REPLICA 9", SIX, null)).isEmpty();
        assertThat(asked(election, "b REPLICA 9", FIVE, null)).contains("b");
    }

    @Test
    void nobodyIsAskedWhileAnotherProcessMayLead() {
        var election = new Election(OtherProcess.MAY_LEAD);
        election.begin("b", FOUR);
        assertThat(election.isLeaderComing(FOUR)).isFalse();
        assertThat(asked(election, "b REPLICA 9", FOUR, null)).isEmpty();
        election.onLeading("b", FIVE);
        election.onRetired("b", FIVE);
        assertThat(asked(election, "c REPLICA 9", FIVE, null)).contains("c");
    }

    @Test
    void whatAProcessThatHasEndedHeldIsOver() {
        var election = new Election(OtherProcess.ENDED);
        election.begin("b", FOUR);
        assertThat(election.isLeaderComing(FOUR)).isTrue();
        assertThat(asked(election, "b REPLICA 9", FOUR, null)).contains("b");
    }

    @Test
    void aNewerTermThanAtTheStartIsNotTheOneOfWhoLedBefore() {
        var election = new Election(OtherProcess.ENDED);
        election.begin("b", FOUR);
        assertThat(election.isLeaderComing(FIVE)).isFalse();
        assertThat(asked(election, "b REPLICA 9", FIVE, null)).isEmpty();
    }

    /// An election in which a node has won term 5.
    private static Election led(String node, OtherProcess other) {
        var election = new Election(other);
        election.begin(node, FOUR);
        election.onLeading(node, FIVE);
        return election;
    }

    private static Optional<String> asked(
            Election election, String nodes, Term newest, @Nullable String passedOver) {
        return asked(election, nodes, logOf("a", newest), passedOver);
    }

    private static Optional<String> asked(
            Election election, String nodes, Tail log, @Nullable String passedOver) {
        return election.next(nodes(nodes), log, passedOver).map(Election.Nomination::node);
    }

    private static Tail logOf(String leader, Term newest) {
        return new Tail(7, newest, leader, 7, 70);
    }

    /// Nodes that are written as `NAME PHASE OFFSET`.
    private static List<NodeView> nodes(String text) {
        return Arrays.stream(text.split(", *", -1))
                .map(node -> node.split(" ", -1))
                .map(parts ->
                        new NodeView(
                                parts[0],
                                NodePhase.valueOf(parts[1]),
                                true,
                                true,
                                Map.of(),
                                Long.parseLong(parts[2])))
                .toList();
    }
}
