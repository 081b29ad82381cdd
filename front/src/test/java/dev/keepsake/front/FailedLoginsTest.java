package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.resp.RecordedCommands;
import dev.keepsake.resp.RespValue;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The order of failed logins and of the engine's entries, newest first.
class FailedLoginsTest {
    private static final long MOMENT_MS = 1_700_000_000_000L;
    private static final int ALL = 100;
    private static final long SECOND_NS = TimeUnit.SECONDS.toNanos(1);

    private final FailedLogins logins =
            new FailedLogins(new ServedEngine("redis", "7.0.15", RecordedCommands.table()));

    @Test
    void aLoginIsOlderThanARefusalAfterItInTheSameMillisecond() {
        login(MOMENT_MS);
        logins.noteRefusal(MOMENT_MS);
        assertThat(reasons(MOMENT_MS, refusalOfAge("0.000"))).containsExactly("command", "auth");
    }

    @Test
    void aLoginIsNewerThanARefusalBeforeItInTheSameMillisecond() {
        logins.noteRefusal(MOMENT_MS);
        login(MOMENT_MS);
        assertThat(reasons(MOMENT_MS, refusalOfAge("0.000"))).containsExactly("auth", "command");
    }

    @Test
    void aRefusalOfAnEarlierMillisecondDoesNotMakeALoginNewer() {
        logins.noteRefusal(MOMENT_MS - 1);
        login(MOMENT_MS);
        assertThat(reasons(MOMENT_MS, refusalOfAge("0.000"))).containsExactly("command", "auth");
    }

    @Test
    void theBeginningOfALongNameIsKept() {
        logins.note("auth", "n".repeat(1 << 20), 0, MOMENT_MS, "c".repeat(1 << 20));
        assertThat(fields("username", MOMENT_MS)).containsExactly("n".repeat(256));
        assertThat(fields("client-info", MOMENT_MS)).containsExactly("c".repeat(1_024));
    }

    @Test
    void otherwiseTheTimeDecides() {
        login(MOMENT_MS);
        assertThat(reasons(MOMENT_MS + 5, refusalOfAge("0.006"), refusalOfAge("0.004")))
                .containsExactly("command", "auth", "command");
    }

    @Test
    void theLastOfTwoLoginsInAMillisecondIsTheNewest() {
        logins.note("auth", "ann", 0, MOMENT_MS, "");
        logins.note("auth", "bob", 0, MOMENT_MS, "");
        assertThat(fields("username", MOMENT_MS)).containsExactly("bob", "ann");
    }

    // ---- bounds and shapes, as in `addACLLogEntry` and `aclCommand`

    @Test
    void theSameFailureWithinAMinuteIsCountedInOneEntry() {
        logins.note("auth", "ann", 0, MOMENT_MS, "id=1");
        logins.note("auth", "bob", SECOND_NS, MOMENT_MS, "id=2");
        logins.note("auth", "ann", 59 * SECOND_NS, MOMENT_MS + 59_000, "id=3");
        assertThat(fields("username", MOMENT_MS + 60_000)).containsExactly("ann", "bob");
        assertThat(fields("count", MOMENT_MS + 60_000)).containsExactly("2", "1");
        assertThat(fields("client-info", MOMENT_MS + 60_000)).containsExactly("id=3", "id=2");
    }

    @ParameterizedTest
    @CsvSource({"auth, ann, 61", "hello, ann, 1", "auth, Ann, 1"})
    void anotherFailureIsAnEntryOfItsOwn(String command, String user, int afterSeconds) {
        logins.note("auth", "ann", 0, MOMENT_MS, "");
        logins.note(command, user, afterSeconds * SECOND_NS, MOMENT_MS, "");
        assertThat(fields("count", MOMENT_MS)).containsExactly("1", "1");
    }

    /// A client that tries names without end does not fill the heap.
    @Test
    void theNewestOfManyFailuresAreKept() {
        for (int i = 0; i < 200; i++) {
            logins.note("auth", "user" + i, i, MOMENT_MS, "");
        }
        var users = fields("username", MOMENT_MS);
        assertThat(users).hasSize(ALL).startsWith("user199", "user198");
        var out = Unpooled.buffer();
        logins.write(new RespValue.ArrayReply(List.of()), Integer.MAX_VALUE, MOMENT_MS, 2, out);
        assertThat(((RespValue.ArrayReply) RespValue.decode(out)).items()).hasSize(128);
    }

    @Test
    void noMoreEntriesAreShownThanRequested() {
        login(MOMENT_MS);
        var out = Unpooled.buffer();
        logins.write(new RespValue.ArrayReply(List.of(refusalOfAge("1.0"))), 1, MOMENT_MS, 2, out);
        assertThat(out.toString(UTF_8)).startsWith("*1\r\n").contains("$4\r\nauth\r\n");
        logins.forget();
        assertThat(fields("reason", MOMENT_MS)).isEmpty();
    }

    @Test
    void anAgeIsInSecondsWithThreePlacesWhateverTheLocale() {
        var before = Locale.getDefault();
        try {
            Locale.setDefault(Locale.GERMANY);
            login(MOMENT_MS);
            assertThat(fields("age-seconds", MOMENT_MS + 1_234)).containsExactly("1.234");
            assertThat(fields("age-seconds", MOMENT_MS - 5))
                    .as("a clock set back")
                    .containsExactly("0.000");
        } finally {
            Locale.setDefault(before);
        }
    }

    @Test
    void anAgeIsANumberInResp3AndAnEntryAMap() {
        login(MOMENT_MS);
        var out = Unpooled.buffer();
        logins.write(new RespValue.ArrayReply(List.of()), ALL, MOMENT_MS + 500, 3, out);
        assertThat(out.toString(UTF_8))
                .startsWith("*1\r\n%7\r\n$5\r\ncount\r\n:1\r\n")
                .contains("$11\r\nage-seconds\r\n,0.500\r\n");
    }

    /// Since Redis 7.2; the ids of the front's and the engine's entries are always different.
    @Test
    void entriesOfNewerEnginesHaveIdsAndTimes() {
        var newer =
                new FailedLogins(
                        new ServedEngine("redis", "7.2.4", RecordedCommands.table("redis-8.0.2")));
        newer.note("auth", "ann", 0, MOMENT_MS, "");
        newer.note("auth", "ann", SECOND_NS, MOMENT_MS + 1_000, "");
        newer.note("auth", "bob", SECOND_NS, MOMENT_MS + 1_000, "");
        var ofEngine = new ArrayList<>(((RespValue.ArrayReply) refusalOfAge("9.0")).items());
        ofEngine.addAll(
                List.of(
                        bulk("entry-id"),
                        new RespValue.IntegerReply(0),
                        bulk("timestamp-created"),
                        new RespValue.IntegerReply(5)));
        var out = Unpooled.buffer();
        newer.write(
                new RespValue.ArrayReply(List.of(new RespValue.ArrayReply(ofEngine))),
                ALL,
                MOMENT_MS + 1_000,
                2,
                out);
        var shown = out.toString(UTF_8).replace("\r\n", " ");
        assertThat(shown)
                .startsWith("*3 *20 ")
                .contains(
                        "$8 entry-id :2 $17 timestamp-created :%d".formatted(MOMENT_MS + 1_000),
                        "$8 entry-id :0 $17 timestamp-created :%d $22 timestamp-last-updated :%d"
                                .formatted(MOMENT_MS, MOMENT_MS + 1_000),
                        "$8 entry-id :1 $17 timestamp-created :5 ");
    }

    @ParameterizedTest
    @CsvSource({"5, 999999, 5999", "1700000000, 123456, 1700000000123", "0, 0, 0"})
    void theTimeOfAnEngineIsReadInMilliseconds(String seconds, String micros, long millis) {
        var time = new RespValue.ArrayReply(List.of(bulk(seconds), bulk(micros)));
        assertThat(FailedLogins.millis(time)).isEqualTo(millis);
    }

    @Test
    void aReplyThatIsNoTimeCountsAsZero() {
        assertThat(FailedLogins.millis(new RespValue.ErrorReply("BUSY x"))).isZero();
        assertThat(FailedLogins.millis(new RespValue.ArrayReply(List.of(bulk("1"))))).isZero();
    }

    private void login(long atMs) {
        logins.note("auth", "ann", 0, atMs, "id=1");
    }

    private List<String> reasons(long nowMs, RespValue... ofEngine) {
        return fields("reason", nowMs, ofEngine);
    }

    private List<String> fields(String name, long nowMs, RespValue... ofEngine) {
        var out = Unpooled.buffer();
        logins.write(new RespValue.ArrayReply(List.of(ofEngine)), ALL, nowMs, 2, out);
        var shown = new ArrayList<String>();
        for (var line : ((RespValue.ArrayReply) RespValue.decode(out)).items()) {
            var parts = ((RespValue.ArrayReply) line).items();
            for (int i = 0; i < parts.size(); i += 2) {
                if (((RespValue.Bulk) parts.get(i)).utf8().equals(name)) {
                    shown.add(
                            parts.get(i + 1) instanceof RespValue.IntegerReply(long number)
                                    ? Long.toString(number)
                                    : ((RespValue.Bulk) parts.get(i + 1)).utf8());
                }
            }
        }
        return shown;
    }

    private static RespValue refusalOfAge(String seconds) {
        return new RespValue.ArrayReply(
                List.of(
                        bulk("count"),
                        new RespValue.IntegerReply(1),
                        bulk("reason"),
                        bulk("command"),
                        bulk("context"),
                        bulk("toplevel"),
                        bulk("object"),
                        bulk("get"),
                        bulk("username"),
                        bulk("ann"),
                        bulk("age-seconds"),
                        bulk(seconds),
                        bulk("client-info"),
                        bulk("id=2")));
    }

    private static RespValue bulk(String text) {
        return new RespValue.Bulk(text.getBytes(UTF_8));
    }
}
