package dev.keepsake.front;

import java.util.Locale;

/// Errors with which the front refuses commands, in Redis 7.0's words.
final class Refusals {
    static final String LOADING = "LOADING Redis is loading the dataset in memory";
    static final String NOT_AN_INTEGER = "ERR value is not an integer or out of range";
    static final String NOT_IN_A_TRANSACTION = "ERR Command not allowed inside a transaction";

    private static final int SHOWN_MAX = 128;

    private Refusals() {}

    /// For an unknown command.
    static String unknownCommand(Command command) {
        var shown = new StringBuilder();
        for (int i = 1; i < command.knownCount() && shown.length() < SHOWN_MAX; i++) {
            int length = Math.min(command.length(i), SHOWN_MAX - shown.length());
            shown.append('\'').append(command.text(i, length)).append("' ");
        }
        String name = command.text(0, Math.min(command.length(0), SHOWN_MAX));
        return "ERR unknown command '%s', with args beginning with: %s"
                .formatted(name, shown)
                .replaceAll("[\r\n]", " ");
    }

    /// For an unknown subcommand.
    static String unknownSubcommand(Command command) {
        int length = Math.min(command.length(1), SHOWN_MAX);
        return "ERR unknown subcommand '%s'. Try %s HELP."
                .formatted(command.text(1, length), command.text(0).toUpperCase(Locale.ROOT));
    }

    /// For a command with the wrong number of arguments.
    static String wrongArgumentCount(Command command) {
        return "ERR wrong number of arguments for '%s' command".formatted(command.name());
    }

    /// For a client with subscriptions that speaks RESP2.
    static String notWhileListening(Command command) {
        return "ERR Can't execute '%s': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context"
                .formatted(command.name());
    }

    /// For the end of all subscriptions inside a transaction, which Redis offers.
    static String unsubscribesInTransaction(Command command) {
        return "ERR %s without channels is not offered inside a transaction"
                .formatted(command.name().toUpperCase(Locale.ROOT));
    }

    /// For a subcommand with more arguments than it takes.
    static String wrongSubcommand(String command, String subcommand) {
        return "ERR unknown subcommand or wrong number of arguments for '%.128s'. Try %s HELP."
                .formatted(subcommand, command);
    }
}
