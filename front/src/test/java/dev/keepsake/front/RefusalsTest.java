package dev.keepsake.front;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The errors of Redis 7.0's `server.c`, which clients and people look for.
class RefusalsTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            textBlock =
                    """
                    NOSUCH | "ERR unknown command 'NOSUCH', with args beginning with: "
                    NoSuch a b | "ERR unknown command 'NoSuch', with args beginning with: 'a' 'b' "
                    """)
    void anUnknownCommandIsShownWithItsArguments(String command, String error) {
        assertThat(Refusals.unknownCommand(Commands.of(command.split(" ", -1)))).isEqualTo(error);
    }

    /// Redis shows 128 bytes of the name, and about as many of all arguments together.
    @Test
    void theBeginningOfALongCommandIsShown() {
        assertThat(Refusals.unknownCommand(Commands.of("n".repeat(200), "a")))
                .isEqualTo(
                        "ERR unknown command '%s', with args beginning with: 'a' "
                                .formatted("n".repeat(128)));
        assertThat(Refusals.unknownCommand(Commands.of("x", "a".repeat(100), "b".repeat(100), "c")))
                .isEqualTo(
                        "ERR unknown command 'x', with args beginning with: '%s' '%s' "
                                .formatted("a".repeat(100), "b".repeat(25)));
    }

    /// Otherwise a client could make up a reply for every reader of the line.
    @Test
    void noLineBreakComesBack() {
        assertThat(Refusals.unknownCommand(Commands.of("no\r\n+OK", "a\r\n:1")))
                .isEqualTo("ERR unknown command 'no  +OK', with args beginning with: 'a  :1' ");
    }

    @Test
    void anUnknownSubcommandIsShownWithTheWayOut() {
        assertThat(Refusals.unknownSubcommand(Commands.of("config", "Nosuch")))
                .isEqualTo("ERR unknown subcommand 'Nosuch'. Try CONFIG HELP.");
        assertThat(Refusals.unknownSubcommand(Commands.of("CLIENT", "s".repeat(200))))
                .isEqualTo(
                        "ERR unknown subcommand '%s'. Try CLIENT HELP.".formatted("s".repeat(128)));
    }

    @Test
    void aSubcommandIsNamedWithItsCommand() {
        assertThat(Refusals.wrongArgumentCount(Commands.of("GET")))
                .isEqualTo("ERR wrong number of arguments for 'get' command");
        assertThat(Refusals.wrongArgumentCount(Commands.of("Object", "Freq")))
                .isEqualTo("ERR wrong number of arguments for 'object|freq' command");
    }

    @Test
    void aSubscriberGetsTheListOfAllowedCommands() {
        assertThat(Refusals.notWhileListening(Commands.of("GET", "k")))
                .isEqualTo(
                        "ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING /"
                                + " QUIT / RESET are allowed in this context");
    }

    @Test
    void theBeginningOfALongSubcommandIsShown() {
        assertThat(Refusals.wrongSubcommand("ACL", "l".repeat(300)))
                .isEqualTo(
                        "ERR unknown subcommand or wrong number of arguments for '%s'. Try ACL HELP."
                                .formatted("l".repeat(128)));
    }
}
