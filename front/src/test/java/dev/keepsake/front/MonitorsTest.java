package dev.keepsake.front;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MonitorsTest {
    private static boolean shows(String line) {
        return Monitors.shows(Commands.of(line.split(" ", -1)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET a",
                "MULTI",
                "EVAL x 0",
                "CLIENT SETNAME a",
                "ACL WHOAMI",
                "CLUSTER INFO"
            })
    void commandsOfClientsAreShown(String line) {
        assertThat(shows(line)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "AUTH not-to-be-seen",
                "hello 2 AUTH default not-to-be-seen",
                "QUIT",
                "RESET",
                "MONITOR",
                "ACL LIST",
                "CLIENT KILL ID 1",
                "CONFIG SET requirepass not-to-be-seen",
                "CONFIG REWRITE",
                "SLOWLOG GET"
            })
    void passwordsAndCommandsOfAdministratorsAreNotShown(String line) {
        assertThat(shows(line)).isFalse();
    }

    /// Such a line ends the connection, and Redis does not show it either.
    @ParameterizedTest
    @ValueSource(strings = {"POST / HTTP/1.1", "Host: not-to-be-seen"})
    void otherLinesAreNotShown(String line) {
        assertThat(shows(line)).isFalse();
    }
}
