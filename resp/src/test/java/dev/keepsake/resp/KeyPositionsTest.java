package dev.keepsake.resp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KeyPositionsTest {
    private static final CommandTable TABLE = RecordedCommands.table();

    private static List<Integer> keys(String line) {
        return new Commands(TABLE, line).keys();
    }

    @ParameterizedTest
    @CsvSource({
        "SET k v EX 10, 1",
        "DEL a b c, 1 2 3",
        "MSET a 1 b 2, 1 3",
        "RENAME a b, 1 2",
        "BLPOP a b 0, 1 2",
        "BITOP AND d a b, 2 3 4",
        "LCS a b LEN, 1 2",
        "OBJECT ENCODING k, 2",
        "MEMORY USAGE k SAMPLES 5, 2",
        "XGROUP CREATE k g $, 2",
        "EVAL s 2 a b c, 3 4",
        "EVAL s 0 a b, ''",
        "FCALL f 1 a, 3",
        "ZUNIONSTORE d 2 a b WEIGHTS 1 2, 1 3 4",
        "ZUNION 2 a b, 2 3",
        "LMPOP 2 a b LEFT, 2 3",
        "BLMPOP 0 2 a b LEFT, 3 4",
        "XREAD STREAMS a b 0 0, 2 3",
        "XREAD COUNT 5 BLOCK 0 streams a $, 6",
        "XREADGROUP GROUP streams c STREAMS a >, 5",
        "SORT k BY w* LIMIT 0 5 GET # ALPHA, 1",
        "SORT k STORE d, 1 3",
        "SORT k BY nosort store d, 1 5",
        "SORT store DESC, 1",
        "SORT k STORE c STORE d, 1 5",
        "SORT k BY store STORE d, 1 5",
        "GEORADIUS k 0 0 1 km, 1",
        "GEORADIUS k 0 0 1 km COUNT 1 STORE d, 1 9",
        "GEORADIUSBYMEMBER k m 1 km STOREDIST d, 1 6",
        "GEORADIUSBYMEMBER k m 1 km STORE c STORE d, 1 8",
        "XREAD STREAMS streams k 0 0, 2 3",
        "SSUBSCRIBE a b, 1 2",
        "PING, ''",
        "KEYS *, ''"
    })
    void keysAreFoundByTheRuleOfTheirCommand(String line, String positions) {
        var expected =
                Arrays.stream(positions.split(" ", -1))
                        .filter(position -> !position.isEmpty())
                        .map(Integer::valueOf)
                        .toList();
        assertThat(keys(line)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET",
                "BLPOP",
                "EVAL s",
                "EVAL s x a",
                "EVAL s -1 a",
                "EVAL s 2 a",
                "EVAL s 9999999999 a",
                "EVAL s 999999999 a",
                "EVAL s '' a",
                "ZUNIONSTORE d 3 a b",
                "ZUNIONSTORE d 0 a b",
                "XREAD STREAMS k",
                "XREAD STREAMS",
                "XREAD COUNT 1"
            })
    void malformedArgumentsNameNoKeys(String line) {
        assertThat(keys(line)).isEmpty();
    }

    /// Redis leaves out the empty key here. MIGRATE is withheld, so nobody asks.
    @Test
    void theEmptyKeyOfMigrateCountsToo() {
        assertThat(keys("MIGRATE h 1 '' 0 5 KEYS a b")).containsExactly(3, 7, 8);
        assertThat(keys("MIGRATE h 1 k 0 5")).containsExactly(3);
    }

    @Test
    void thereMayBeManyKeys() {
        String line =
                IntStream.range(0, 5_000).mapToObj(i -> " k" + i).collect(Collectors.joining());
        assertThat(keys("DEL" + line)).isEqualTo(IntStream.rangeClosed(1, 5_000).boxed().toList());
    }
}
