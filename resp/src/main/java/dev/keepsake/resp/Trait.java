package dev.keepsake.resp;

import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/// A fact about a command that decides how a front treats it, as a word in the last column of
/// `commands.tsv`: `keeps-result` for [#KEEPS_RESULT].
///
/// Decision 24 (docs/decisions) says why the table has facts instead of names of classes.
public enum Trait {
    // ---- its effect on the connection of its client

    /// Begins a transaction.
    MULTI,
    /// Executes a transaction.
    EXEC,
    /// Discards a transaction.
    DISCARD,
    /// Makes EXEC check whether its keys have changed.
    WATCH,
    /// Ends the effect of all [#WATCH] commands.
    UNWATCH,
    /// Begins to listen to channels.
    SUBSCRIBE,
    /// Stops listening to channels.
    UNSUBSCRIBE,
    /// Controls the tracking of keys, which the engine does for the client.
    TRACKING,

    // ---- when it is allowed

    /// Also allowed for clients that have not logged in.
    NO_LOGIN,
    /// Also allowed while the client listens to channels in RESP2.
    LISTENING,
    /// Executed at once, even while a transaction is open, and not part of it.
    AT_ONCE,
    /// Not allowed in a transaction, because the commands after it could not be answered there.
    NO_MULTI,
    /// Allowed for operators, whatever the other columns of the row say.
    OPERATOR,

    // ---- where it is executed

    /// On the primary of its shard, even for clients that read from replicas.
    ON_PRIMARY,
    /// On any node of its shard, even for clients that do not read from replicas.
    ON_ANY_NODE,
    /// On the node where it arrives; a replica has its primary execute it.
    RELAYED,
    /// Also by an engine that is loading, because the program alone determines the answer.
    OF_PROGRAM,

    // ---- its effect

    /// Sends a message to the listeners of a channel.
    PUBLISH,
    /// Executes a script or a function.
    SCRIPT,
    /// Changes the libraries of functions.
    CHANGES_FUNCTIONS,
    /// Reads, and stores its result in the key for the next time.
    KEEPS_RESULT,
    /// Ends a script that has written nothing.
    ENDS_SCRIPT,
    /// Shows commands of clients with their arguments.
    SLOW_LOG,
    /// May be refused in a cluster, depending on its arguments.
    CLUSTER_RULE,

    // ---- the front's work with it

    /// Has to arrive completely before the front handles it.
    WHOLE,
    /// Has no meaning without a subcommand of the table.
    CONTAINER,
    /// Its reply describes the node: INFO.
    SHOWS_NODE,
    /// Its reply names the running function.
    SHOWS_FUNCTION,
    /// Its reply describes all commands.
    SHOWS_COMMANDS,
    /// Its reply describes the requested commands.
    SHOWS_ASKED_COMMANDS,
    /// Its reply contains settings of the engine, secrets included.
    SHOWS_SETTINGS,
    /// Not shown to clients that monitor: it may contain a password, it begins or ends a
    /// connection, or the engine's description says that it is for administrators.
    UNMONITORED,
    /// Its reply lists subcommands.
    HELP;

    private static final String HELP_SUFFIX = "|help";

    /// The word in the table.
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /// The traits of a command, from its row and from its name.
    ///
    /// @param words the words of the row; other words, such as `script=1`, are skipped
    static Set<Trait> of(String name, List<String> words) {
        var traits = EnumSet.noneOf(Trait.class);
        for (var trait : values()) {
            if (words.contains(trait.word())) {
                traits.add(trait);
            }
        }
        if (name.endsWith(HELP_SUFFIX)) {
            traits.add(HELP);
        }
        // Also commands of future engines. A script's reply may depend on any data.
        if (name.startsWith("eval") || name.startsWith("fcall")) {
            traits.add(SCRIPT);
        }
        return traits;
    }
}
