package dev.keepsake.front;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// `ACL LOG` with the entries of the front and of its engine.
class AclLogCommandTest {
    @RegisterExtension static final TestFront node = TestFront.servingPrimary();

    @BeforeEach
    void forgetLogins() throws Exception {
        assertThat(node.answer("ACL LOG RESET")).isEqualTo("+OK");
    }

    private static String entry(String object) {
        return ("*14 $5 count :1 $6 reason $7 command $7 context $8 toplevel $6 object $%d %s $8"
                        + " username $15 default:clients $11 age-seconds $5 1.500 $11 client-info $4"
                        + " id=2 ")
                .formatted(object.length(), object)
                .replace(" ", "\r\n");
    }

    @Test
    void failedLoginsStandBesideTheEnginesEntries() throws Exception {
        node.engine.on("acl log", "*1\r\n" + entry("get"));
        assertThat(node.answer("AUTH nosuch x")).startsWith("-WRONGPASS");
        String log = node.answer("ACL LOG");
        assertThat(log)
                .startsWith("*2 *14 $5 count :1 $6 reason ")
                .contains("$6 reason $4 auth $7 context $8 toplevel $6 object $4 AUTH")
                .contains("$8 username $6 nosuch")
                .contains("$6 object $3 get $8 username $7 default $11 age-seconds $5 1.500")
                .doesNotContain("default:clients");
    }

    @ParameterizedTest
    @CsvSource({"ACL LOG, 10", "ACL LOG 5, 5", "ACL LOG -1, 0", "ACL LOG 99999999999, 2147483647"})
    void theEngineIsAskedForTheRequestedNumberOfEntries(String line, String asked)
            throws Exception {
        node.engine.forget();
        assertThat(node.answer(line)).isEqualTo("*0");
        assertThat(node.engine.asked("ACL LOG")).containsExactly("ACL LOG " + asked);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    ACL LOG x | -ERR value is not an integer or out of range
                    ACL LOG 1 2 | -ERR unknown subcommand or wrong number of arguments for 'LOG'. Try ACL HELP.
                    """)
    void aMalformedCommandIsRefused(String line, String error) throws Exception {
        assertThat(node.answer(line)).isEqualTo(error);
    }

    @Test
    void resetDeletesBoth() throws Exception {
        assertThat(node.answers("AUTH nosuch x", "ACL LOG reset", "ACL LOG").get(2))
                .isEqualTo("*0");
        assertThat(node.engine.asked("ACL LOG")).contains("ACL LOG RESET");
    }

    /// The engine has deleted nothing, so the front keeps its entries too.
    @Test
    void aResetThatTheEngineRefusesIsRefused() throws Exception {
        node.engine.on("acl log", "-BUSY Redis is busy\r\n");
        assertThat(node.answers("AUTH nosuch x", "ACL LOG RESET").get(1))
                .isEqualTo("-BUSY Redis is busy");
        node.engine.forget();
        assertThat(node.answer("ACL LOG")).startsWith("*1 ");
    }

    /// Ages count from the moment when the engine made its list, and the front has to know that
    /// moment.
    @Test
    void theEngineIsAskedAgainWhenItsClockMovesMeanwhile() throws Exception {
        var micros = new AtomicInteger();
        node.engine.forget();
        node.engine.on(
                "time",
                line ->
                        "*2\r\n$1\r\n1\r\n$5\r\n%d\r\n"
                                .formatted(10_000 + 1_000 * Math.min(3, micros.incrementAndGet())));
        assertThat(node.answer("ACL LOG")).isEqualTo("*0");
        assertThat(node.engine.asked("ACL LOG")).hasSize(2);
    }

    @Test
    void aClockThatAlwaysMovesDelaysTheAnswerNotForEver() throws Exception {
        var seconds = new AtomicInteger(100);
        node.engine.forget();
        node.engine.on(
                "time",
                line -> "*2\r\n$3\r\n%d\r\n$1\r\n0\r\n".formatted(seconds.incrementAndGet()));
        assertThat(node.answer("ACL LOG")).isEqualTo("*0");
        assertThat(node.engine.asked("ACL LOG")).hasSize(5);
    }

    /// A node that is loading has no engine to ask.
    @Test
    void beforeAnEngineServesTheLogHasTheFailedLogins() throws Exception {
        try (var loading = new TestFront()) {
            assertThat(loading.answers("AUTH nosuch x", "ACL LOG").get(1))
                    .startsWith("*1 *14 $5 count :1 $6 reason $4 auth ");
            assertThat(loading.answers("ACL LOG RESET", "ACL LOG")).containsExactly("+OK", "*0");
        }
    }
}
