package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.resp.RecordedCommands;
import dev.keepsake.resp.RespValue;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The order of failed logins and of what the engine has refused, newest first.
class FailedLoginsTest {
    private static final long MOMENT_MS = 1_700_000_000_000L;
    private static final int ALL = 100;

    private final FailedLogins logins =
            new FailedLogins(new ServedEngine("redis", "7.0.15", RecordedCommands.table()));

    @Test
    void ofTheSameMillisecondALoginIsOlderThanWhatWasRefusedAfterIt() {
        login(MOMENT_MS);
        logins.noteRefusal(MOMENT_MS);
        assertThat(reasons(MOMENT_MS, refusalOfAge("0.000"))).containsExactly("command", "auth");
    }

    @Test
    void ofTheSameMillisecondALoginIsNewerThanWhatWasRefusedBeforeIt() {
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
    void ofALongNameTheBeginningIsKept() {
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
    void ofTwoLoginsInAMillisecondTheLastIsTheNewest() {
        logins.note("auth", "ann", 0, MOMENT_MS, "");
        logins.note("auth", "bob", 0, MOMENT_MS, "");
        assertThat(fields("username", MOMENT_MS)).containsExactly("bob", "ann");
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
                    shown.add(((RespValue.Bulk) parts.get(i + 1)).utf8());
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
