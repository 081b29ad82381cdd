package dev.keepsake.resp;

import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/// A fact of a command that decides how a front treats it, as a word in the last column of
/// `commands.tsv`: `keeps-result` for [#KEEPS_RESULT].
///
/// Decision 24 (docs/decisions) says why facts, and not names of classes.
public enum Trait {
    // ---- what it does to the connection of its client

    /// Begins a transaction.
    MULTI,
    /// Executes a transaction.
    EXEC,
    /// Discards a transaction.
    DISCARD,
    /// Has EXEC look at whether its keys have changed.
    WATCH,
    /// Ends what all [#WATCH] have begun.
    UNWATCH,
    /// Begins to listen to channels.
    SUBSCRIBE,
    /// Ends to listen to channels.
    UNSUBSCRIBE,
    /// Is about the tracking of keys, which the engine does for the client.
    TRACKING,

    // ---- when it may be given

    /// For those too who have not said who they are.
    NO_LOGIN,
    /// Also while the client listens to channels in RESP2.
    LISTENING,
    /// Carried out at once when a transaction is open, and no part of it.
    AT_ONCE,
    /// No part of a transaction: what follows it there could not be answered.
    NO_MULTI,
    /// For operators, whatever else the row says.
    OPERATOR,

    // ---- where it is carried out

    /// On the primary of its shard, also for those who read from replicas.
    ON_PRIMARY,
    /// On any node of its shard, also for those who do not read from replicas.
    ON_ANY_NODE,
    /// Where it has arrived, but on a replica by its primary.
    RELAYED,
    /// By an engine that is loading too, since its program alone decides the answer.
    OF_PROGRAM,

    // ---- what it does

    /// Tells those who listen to a channel.
    PUBLISH,
    /// Carries out a script or a function.
    SCRIPT,
    /// Changes the libraries of functions.
    CHANGES_FUNCTIONS,
    /// Reads, and writes what it has found out into the key for the next time.
    KEEPS_RESULT,
    /// Ends a script that has written nothing.
    ENDS_SCRIPT,
    /// Shows commands of clients with their arguments.
    SLOW_LOG,
    /// May be refused in a cluster by what its arguments say.
    CLUSTER_RULE,

    // ---- what the front has to do with it

    /// Has to be there as a whole before anything is done with it.
    WHOLE,
    /// Means nothing without a subcommand that the table has.
    CONTAINER,
    /// Its reply describes the node: INFO.
    SHOWS_NODE,
    /// Its reply tells which function runs.
    SHOWS_FUNCTION,
    /// Its reply describes commands, all that there are.
    SHOWS_COMMANDS,
    /// Its reply describes the commands that are asked for.
    SHOWS_ASKED_COMMANDS,
    /// Its reply lists settings of the engine, secrets among them.
    SHOWS_SETTINGS,
    /// Not shown to those who monitor: it may hold a password, or begins or ends a connection, or
    /// the engine says that it is for administrators.
    UNMONITORED,
    /// Its reply lists subcommands.
    HELP;

    private static final String HELP_SUFFIX = "|help";

    /// As it is written in the table.
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /// Those that a command has: by its row, and by its name.
    ///
    /// @param words of the row; those that are no traits of this kind, `script=1`, are passed over
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
        // Also those of engines to come: what a script says may come from the data.
        if (name.startsWith("eval") || name.startsWith("fcall")) {
            traits.add(SCRIPT);
        }
        return traits;
    }
}
