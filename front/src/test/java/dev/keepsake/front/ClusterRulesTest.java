package dev.keepsake.front;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.resp.RecordedCommands;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Commands that clusters refuse, with each engine's errors. The slot of `a` is 15495 and that of
/// `b` 3300.
class ClusterRulesTest {
    private static final String BY_OLD = "ERR BY option of SORT denied in Cluster mode.";
    private static final String GET_OLD = "ERR GET option of SORT denied in Cluster mode.";
    private static final String IN_SEVERAL =
            " option of SORT denied in Cluster mode when keys formed by the pattern may be in"
                    + " different slots.";

    private static final ServedEngine REDIS_7_0 =
            new ServedEngine("redis", "7.0.15", Commands.TABLE);
    private static final ServedEngine REDIS_8_0 =
            new ServedEngine("redis", "8.0.2", RecordedCommands.table("redis-8.0.2"));
    private static final ServedEngine VALKEY_9_1 =
            new ServedEngine("valkey", "9.1.2", RecordedCommands.table("valkey-9.1.2"));

    private static @Nullable String refusal(ServedEngine engine, String command) {
        return new ClusterRules(engine)
                .refusal(Commands.of(engine.commands(), command.split(" ", -1)));
    }

    @Test
    void aClusterRefusesOtherDatabases() {
        assertThat(refusal(REDIS_7_0, "MOVE b 0"))
                .isEqualTo("ERR MOVE is not allowed in cluster mode");
        assertThat(refusal(REDIS_7_0, "SWAPDB 0 1"))
                .isEqualTo("ERR SWAPDB is not allowed in cluster mode");
        assertThat(refusal(VALKEY_9_1, "MOVE b 0"))
                .isEqualTo("ERR source and destination objects are the same");
        assertThat(refusal(VALKEY_9_1, "MOVE b 1")).isEqualTo("ERR DB index is out of range");
        assertThat(refusal(VALKEY_9_1, "MOVE b x")).isEqualTo(Refusals.NOT_AN_INTEGER);
        assertThat(refusal(VALKEY_9_1, "MOVE b 3000000000"))
                .isEqualTo(
                        "ERR value is out of range, value must between -2147483648 and 2147483647");
    }

    @ParameterizedTest
    @CsvSource({
        "0,",
        "1, ERR SELECT is not allowed in cluster mode",
        "-1, ERR SELECT is not allowed in cluster mode",
        "x, ERR value is not an integer or out of range",
        "00, ERR value is not an integer or out of range"
    })
    void theOnlyDatabaseMayBeSelected(String database, @Nullable String refusal) {
        assertThat(new ClusterRules(REDIS_7_0).refusalToSelect(database)).isEqualTo(refusal);
    }

    @Test
    void aClusterThatMayHaveDatabasesAnswersThatThereIsNoOther() {
        assertThat(new ClusterRules(VALKEY_9_1).refusalToSelect("0")).isNull();
        assertThat(new ClusterRules(VALKEY_9_1).refusalToSelect("1"))
                .isEqualTo("ERR DB index is out of range");
    }

    @ParameterizedTest
    @CsvSource({
        "COPY b {b}2,",
        "COPY b {b}2 REPLACE,",
        "COPY b {b}2 DB 0 REPLACE,",
        "COPY b {b}2 DB 1, ERR Copying to another database is not allowed in cluster mode",
        "COPY b {b}2 DB 16, ERR DB index is out of range",
        "COPY b {b}2 DB -1, ERR DB index is out of range",
        "COPY b {b}2 DB x, ERR value is not an integer or out of range",
        "COPY b {b}2 DB, ERR syntax error",
        "COPY b {b}2 DB 1 NOSUCH, ERR syntax error"
    })
    void aKeyIsCopiedWithinItsDatabase(String command, @Nullable String refusal) {
        assertThat(refusal(REDIS_7_0, command)).isEqualTo(refusal);
        assertThat(refusal(REDIS_8_0, command)).as("the engine has the error").isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "SORT b ALPHA DESC LIMIT 0 1 STORE {b}2,",
        "SORT b BY nosort,",
        "SORT b BY {b}*," + BY_OLD,
        "SORT b LIMIT 0 1 BY {b}*," + BY_OLD,
        "SORT b STORE by BY {b}*," + BY_OLD,
        "SORT b GET {b}*," + GET_OLD,
        "SORT b GET #," + GET_OLD,
        "SORT b GET,",
        "SORT b NOSUCH BY *,",
        "SORT_RO b BY *," + BY_OLD
    })
    void anOldEngineSortsByNoOtherKeys(String command, @Nullable String refusal) {
        assertThat(refusal(REDIS_7_0, command)).isEqualTo(refusal);
    }

    @ParameterizedTest
    @CsvSource({
        "SORT b BY {b}*,",
        "SORT b GET {b}*,",
        "SORT b GET #,",
        "SORT b BY {b}x*y,",
        "SORT b BY {a}*, BY",
        "SORT b GET {a}*, GET",
        "SORT b BY *, BY",
        "SORT b BY {*}b, BY",
        "SORT b BY *{b}, BY",
        "SORT b BY {}b*, BY",
        "SORT b BY x{b}*,"
    })
    void aNewEngineSortsByKeysOfTheSameSlot(String command, @Nullable String option) {
        assertThat(refusal(REDIS_8_0, command))
                .isEqualTo(option == null ? null : "ERR " + option + IN_SEVERAL);
    }

    @Test
    void aLargeCommandIsNotChecked() {
        var large = Commands.sketch(200, "SORT", "b", "x".repeat(500), "BY", "*");
        assertThat(new ClusterRules(REDIS_7_0).refusal(large)).isNull();
    }
}
