package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Commands of an operator must not change data without the log, cut a lane or stop the engine.
class OperatorCommandsTest {
    private static @Nullable String refusal(String line) {
        var command = Commands.of(line.split(" ", -1));
        return OperatorCommands.refusal(command.spec(), command.arguments());
    }

    private static boolean allowsEviction(String line) {
        var command = Commands.of(line.split(" ", -1));
        return OperatorCommands.allowsEviction(command.spec(), command.arguments());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "DEBUG OBJECT k",
                "debug digest",
                "DEBUG set-active-expire 0",
                "CONFIG GET *",
                "CONFIG RESETSTAT",
                "CONFIG SET slowlog-log-slower-than 0",
                "CONFIG SET hash-max-listpack-entries 5 maxmemory 1gb",
                "CONFIG SET MAXMEMORY-POLICY allkeys-lru",
                "CONFIG SET lfu-log-factor 1",
                "CONFIG SET dynamic-hz no",
                "CONFIG SET busy-reply-threshold 1",
                "CONFIG SET lua-time-limit 5000",
                "CONFIG SET"
            })
    void operatorsLookIntoTheEngineAndChangeItsCounting(String line) {
        assertThat(refusal(line)).isNull();
    }

    /// They stop the engine, change data without the log, or make the engine hang.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "DEBUG SEGFAULT",
                "DEBUG RELOAD",
                "DEBUG LOADAOF",
                "DEBUG SLEEP 1",
                "DEBUG RESTART",
                "DEBUG CRASH-AND-RECOVER",
                "DEBUG FLUSHALL",
                "DEBUG CHANGE-REPL-ID",
                "DEBUG POPULATE 1000",
                "DEBUG JMAP",
                "DEBUG x"
            })
    void debugChangesNothingBehindTheNode(String line) {
        assertThat(refusal(line))
                .startsWith("ERR DEBUG ")
                .contains(" is not offered to operators; these are: client-eviction, digest,");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "appendonly yes",
                "save 60",
                "dir /tmp",
                "dbfilename x",
                "replicaof 10.0.0.1",
                "replica-read-only no",
                "requirepass x",
                "masterauth x",
                "port 1",
                "unixsocket x",
                "proto-max-bulk-len 1",
                "client-query-buffer-limit 1",
                "maxmemory-clients 1mb",
                "maxclients 1",
                "timeout 1",
                "min-replicas-to-write 1",
                "client-output-buffer-limit x",
                "maxmemory-policyx x",
                "xmaxmemory 1",
                "x"
            })
    void settingsThatTheNodeReliesOnCannotBeChanged(String setting) {
        String name = setting.split(" ", -1)[0];
        assertThat(refusal("CONFIG SET " + setting))
                .isEqualTo(
                        "ERR CONFIG SET of '%s' is not offered to operators, because the node relies on it; if it can be changed, then in the cluster's parameter group"
                                .formatted(name));
    }

    /// The engine sets all of them or none, so one of them refuses all.
    @Test
    void oneSettingThatMayNotBeChangedRefusesTheOthersToo() {
        assertThat(refusal("CONFIG SET maxmemory 1gb appendonly yes")).contains("'appendonly'");
    }

    @Test
    void noLineBreakComesBack() {
        assertThat(refusal("CONFIG SET a\r\n+OK x")).contains("'a  +ok'").doesNotContain("\n");
    }

    /// An engine that is busy for longer without saying so would be taken for dead.
    @ParameterizedTest
    @CsvSource({
        "busy-reply-threshold, 0",
        "busy-reply-threshold, -1",
        "lua-time-limit, 5001",
        "LUA-TIME-LIMIT, 9999999999999",
        "busy-reply-threshold, x"
    })
    void theBusyThresholdHasABound(String name, String value) {
        assertThat(refusal("CONFIG SET %s %s".formatted(name, value)))
                .contains("takes 1 to 5000 (milliseconds)");
    }

    @Test
    void configRewriteIsRefused() {
        assertThat(refusal("CONFIG REWRITE")).startsWith("ERR CONFIG REWRITE is not offered");
    }

    /// From then on a reply waits for the log even if its key was not written.
    @ParameterizedTest
    @CsvSource({
        "CONFIG SET maxmemory-policy noeviction, true",
        "CONFIG SET hz 1 MaxMemory-Policy x, true",
        "CONFIG SET maxmemory 1gb, false",
        "CONFIG SET notify-keyspace-events maxmemory-policy, false",
        "CONFIG GET maxmemory-policy, false"
    })
    void settingThePolicyMayLetTheEngineEvict(String line, boolean allows) {
        assertThat(allowsEviction(line)).isEqualTo(allows);
    }

    @Test
    void passwordsOfEnginesAreNotShown() {
        String reply =
                "*6 $10 masterauth $6 secret $3 dir $4 /tmp $11 requirepass $1 x "
                        .replace(" ", "\r\n");
        assertThat(shown(reply).replace("\r\n", " "))
                .isEqualTo("*6 $10 masterauth $0  $3 dir $4 /tmp $11 requirepass $0  ");
    }

    @Test
    void otherSettingsAreShownUnchanged() {
        String reply = "*4\r\n$3\r\ndir\r\n$4\r\n/\u00fc\u00ff\u0001\r\n$2\r\nhz\r\n$2\r\n10\r\n";
        assertThat(shown(reply)).isEqualTo(reply);
    }

    private static String shown(String reply) {
        return OperatorCommands.withoutSecrets(Unpooled.copiedBuffer(reply, ISO_8859_1))
                .toString(ISO_8859_1);
    }
}
