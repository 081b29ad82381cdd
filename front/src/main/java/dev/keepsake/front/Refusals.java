package dev.keepsake.front;

import java.util.Locale;

/// Errors with which the front refuses commands, in Redis 7.0's words.
final class Refusals {
    static final String LOADING = "LOADING Redis is loading the dataset in memory";
    static final String NOT_AN_INTEGER = "ERR value is not an integer or out of range";
    static final String NOT_IN_A_TRANSACTION = "ERR Command not allowed inside a transaction";

    private static final int SHOWN_MAX = 128;

    private Refusals() {}

    /// For a command that it does not know.
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

    /// For a subcommand that it does not know.
    static String unknownSubcommand(Command command) {
        int length = Math.min(command.length(1), SHOWN_MAX);
        return "ERR unknown subcommand '%s'. Try %s HELP."
                .formatted(command.text(1, length), command.text(0).toUpperCase(Locale.ROOT));
    }

    /// For a subcommand that it knows with fewer arguments.
    static String wrongSubcommand(String command, String subcommand) {
        return "ERR unknown subcommand or wrong number of arguments for '%.128s'. Try %s HELP."
                .formatted(subcommand, command);
    }
}
