package dev.keepsake.resp;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/// Everything that a front needs to know about one command or subcommand. Immutable; see
/// [CommandTable].
public final class CommandSpec {
    /// What a command's reply can reveal, and what the command can change.
    public enum Effect {
        /// Neither reads nor changes data.
        NONE,
        /// Reads the keys that it names.
        READ,
        /// Reads data beyond the keys that it names.
        SCAN,
        /// Changes the keys that it names, and no others.
        WRITE,
        /// May change anything.
        OPAQUE;

        /// Whether a replica may execute such a command.
        public boolean isRead() {
            return switch (this) {
                case NONE, READ, SCAN -> true;
                case WRITE, OPAQUE -> false;
            };
        }
    }

    /// Who answers a command.
    public enum Handling {
        /// The engine, over a shared lane.
        SHARED_LANE,
        /// The engine, over the client's own lane.
        OWN_LANE,
        /// The front.
        FRONT,
        /// Nobody: Redis Cluster refuses it.
        REFUSED,
        /// Nobody: MemoryDB does not offer it.
        WITHHELD
    }

    enum Blocks {
        NEVER,
        ALWAYS,
        WITH_OPTION
    }

    /// The source of the knowledge about a command.
    public enum Origin {
        /// A row of `commands.tsv`, and the engine's description for the rest.
        KNOWN,
        /// The engine's description alone.
        DERIVED
    }

    private static final String BLOCK = "BLOCK";
    private static final String WRITE = "write";
    private static final String READONLY = "readonly";
    private static final String BLOCKING = "blocking";
    private static final String LOADING = "loading";
    private static final String ADMIN = "admin";

    private final String name;
    private final int arity;
    private final Origin origin;
    private final Effect effect;
    private final Handling handling;
    private final Blocks blocks;
    private final List<KeyRule> keyRules;
    private final boolean servedWhileLoading;
    private final boolean carriedOutByReplicas;
    private final boolean refusedInTransactions;
    private final int script; // argument's index, 0 for none
    private final int libraries;
    private final Set<Trait> traits;

    private CommandSpec(
            String name,
            int arity,
            Origin origin,
            Effect effect,
            Handling handling,
            Blocks blocks,
            List<KeyRule> keyRules,
            boolean servedWhileLoading,
            boolean carriedOutByReplicas,
            boolean refusedInTransactions,
            int script,
            int libraries,
            Set<Trait> traits) {
        this.name = name;
        this.arity = arity;
        this.origin = origin;
        this.effect = effect;
        this.handling = handling;
        this.blocks = blocks;
        this.keyRules = keyRules;
        this.servedWhileLoading = servedWhileLoading;
        this.carriedOutByReplicas = carriedOutByReplicas;
        this.refusedInTransactions = refusedInTransactions;
        this.script = script;
        this.libraries = libraries;
        this.traits = traits;
    }

    /// The specification of a command of which only the engine's description is known. It is
    /// treated in the safe way:
    ///
    /// - A command that is neither a read nor a write may do anything, because the description does
    ///   not tell whether it replicates. It uses an own lane and waits for the log, and so does
    ///   every read until it is in the log.
    /// - A write that does not name all its keys is treated in the same way. A read that does not
    ///   name all its keys waits for the log.
    /// - A command for administrators, or one that changes who the connection is or makes it
    ///   listen, is withheld.
    static CommandSpec derived(CommandDescription described) {
        boolean plain = described.is(WRITE) || described.is(READONLY);
        boolean blocking = described.is(BLOCKING);
        boolean listens = described.is("pubsub") && described.name().indexOf('|') < 0;
        boolean withheld = described.is(ADMIN) || described.is("no_auth") || listens;
        var lane = blocking || !plain ? Handling.OWN_LANE : Handling.SHARED_LANE;
        var effect = effectOf(described);
        return new CommandSpec(
                described.name(),
                described.arity(),
                Origin.DERIVED,
                effect,
                withheld ? Handling.WITHHELD : lane,
                blocking ? Blocks.ALWAYS : Blocks.NEVER,
                described.keyRules(),
                described.is(LOADING),
                effect.isRead() || !plain,
                described.is("no_multi"),
                0,
                0,
                traits(described, List.of()));
    }

    private static Effect effectOf(CommandDescription described) {
        if (described.is(WRITE)) {
            return described.namesAllKeys() ? Effect.WRITE : Effect.OPAQUE;
        }
        if (described.is(READONLY)) {
            return described.namesAllKeys() ? Effect.READ : Effect.SCAN;
        }
        return Effect.OPAQUE;
    }

    /// The specification of a command with a row. The row may add effects to the engine's
    /// description. It cannot take any away from a command that the engine executes for clients.
    static CommandSpec known(CommandRow row, CommandDescription described) {
        var derived = derived(described);
        var handling = row.handling() == null ? derived.handling : row.handling();
        boolean forEngine = handling == Handling.SHARED_LANE || handling == Handling.OWN_LANE;
        var pinned = row.effect();
        boolean tooLittle = pinned != null && pinned.isRead() && described.is(WRITE) && forEngine;
        var effect = pinned == null || tooLittle ? derived.effect : pinned;
        return new CommandSpec(
                described.name(),
                described.arity(),
                Origin.KNOWN,
                effect,
                handling,
                row.blocks() == null ? derived.blocks : row.blocks(),
                row.keyRules() == null ? derived.keyRules : row.keyRules(),
                derived.servedWhileLoading,
                effect.isRead() || row.isForReplicas(),
                derived.refusedInTransactions,
                row.script(),
                row.libraries(),
                traits(described, row.traits()));
    }

    private static Set<Trait> traits(CommandDescription described, List<String> words) {
        var traits = Trait.of(described.name(), words);
        if (described.is(ADMIN)) {
            traits.add(Trait.UNMONITORED);
        }
        return traits;
    }

    /// The specification of a command that the front answers although the engine does not have it.
    static CommandSpec ofTheFront(CommandRow row) {
        return new CommandSpec(
                row.name(),
                row.ownArity(),
                Origin.KNOWN,
                Effect.NONE,
                Handling.FRONT,
                Blocks.NEVER,
                List.of(),
                false,
                true,
                false,
                0,
                0,
                Trait.of(row.name(), row.traits()));
    }

    /// This specification, withheld from all clients.
    CommandSpec withheld() {
        return new CommandSpec(
                name,
                arity,
                origin,
                effect,
                Handling.WITHHELD,
                blocks,
                keyRules,
                servedWhileLoading,
                carriedOutByReplicas,
                refusedInTransactions,
                script,
                libraries,
                traits);
    }

    static Effect effect(String word) {
        return switch (word) {
            case "none" -> Effect.NONE;
            case "read" -> Effect.READ;
            case "scan" -> Effect.SCAN;
            case "write" -> Effect.WRITE;
            case "opaque" -> Effect.OPAQUE;
            default -> throw new IllegalArgumentException("no effect: " + word);
        };
    }

    static Handling handling(String word) {
        return switch (word) {
            case "shared" -> Handling.SHARED_LANE;
            case "own" -> Handling.OWN_LANE;
            case "front" -> Handling.FRONT;
            case "refused" -> Handling.REFUSED;
            case "withheld" -> Handling.WITHHELD;
            default -> throw new IllegalArgumentException("no handling: " + word);
        };
    }

    static Blocks blocks(String word) {
        return switch (word) {
            case "-" -> Blocks.NEVER;
            case "always" -> Blocks.ALWAYS;
            case "option" -> Blocks.WITH_OPTION;
            default -> throw new IllegalArgumentException("no way to block: " + word);
        };
    }

    /// Lower case; `object|encoding` for a subcommand.
    public String name() {
        return name;
    }

    /// The number of arguments with the name; negative means "at least".
    public int arity() {
        return arity;
    }

    /// Whether `count` arguments, including the name, fit the arity.
    public boolean acceptsArgumentCount(int count) {
        return arity >= 0 ? count == arity : count >= -arity;
    }

    public Effect effect() {
        return effect;
    }

    public Handling handling() {
        return handling;
    }

    public Origin origin() {
        return origin;
    }

    /// Whether the command has a trait.
    public boolean is(Trait trait) {
        return traits.contains(trait);
    }

    /// Whether it changes the channels to which its client listens.
    public boolean changesSubscriptions() {
        return is(Trait.SUBSCRIBE) || is(Trait.UNSUBSCRIBE);
    }

    /// Whether it may be replicated. Redis delays such commands in a pause of writes.
    public boolean mayReplicate() {
        return !effect.isRead() || is(Trait.PUBLISH) || is(Trait.KEEPS_RESULT);
    }

    /// Whether its effect on its connection is unknown: the engine's description says neither read
    /// nor write, and there is no row.
    public boolean mayChangeItsLane() {
        return origin == Origin.DERIVED && effect == Effect.OPAQUE && carriedOutByReplicas;
    }

    /// Whether Redis answers it while it is loading.
    public boolean isServedWhileLoading() {
        return servedWhileLoading;
    }

    /// Whether a replica executes it. If it writes, the replica's engine refuses it.
    public boolean isCarriedOutByReplicas() {
        return carriedOutByReplicas;
    }

    /// Whether the engine refuses it inside a transaction, before it looks at its keys.
    public boolean isRefusedInTransactions() {
        return refusedInTransactions;
    }

    /// The index of the argument that is the text of a script or of a library of functions, for an
    /// invocation with this many arguments; 0 when there is none.
    public int scriptArgument(int argumentCount) {
        return script < 0 ? argumentCount + script : script;
    }

    /// The index of the argument that is a payload of FUNCTION DUMP (libraries of functions); 0
    /// when there is none.
    public int librariesArgument() {
        return libraries;
    }

    /// Whether the command names keys.
    public boolean hasKeys() {
        return !keyRules.isEmpty();
    }

    /// Whether this invocation may block until data arrive.
    public boolean blocks(ByteBuf in, int base, CommandFrame frame) {
        return switch (blocks) {
            case NEVER -> false;
            case ALWAYS -> true;
            case WITH_OPTION -> {
                for (int i = 1; i < frame.argumentCount(); i++) {
                    if (CommandTable.isWord(in, base + frame.start(i), frame.length(i), BLOCK)) {
                        yield true;
                    }
                }
                yield false;
            }
        };
    }

    /// Whether the arguments determine whether an invocation may block.
    public boolean mayBlock() {
        return blocks != Blocks.NEVER;
    }

    /// Finds the keys of one invocation.
    ///
    /// @param base the index of the frame's first byte
    /// @return their number; 0 also when the arguments are malformed, for which the engine has its
    ///   own error
    public int keys(ByteBuf in, int base, CommandFrame frame, KeyPositions into) {
        into.clear();
        for (var rule : keyRules) {
            if (!rule.find(in, base, frame, into)) {
                into.clear();
                return 0;
            }
        }
        return into.count();
    }

    /// Everything but the name, for people: `arity effect handling blocks keys traits`, in the
    /// words of `commands.tsv`, separated by tabs.
    public String described() {
        var words = new ArrayList<String>();
        addIf(servedWhileLoading, LOADING, words);
        addIf(carriedOutByReplicas && !effect.isRead(), "replica", words);
        addIf(script != 0, "script=" + script, words);
        addIf(libraries != 0, "libraries=" + libraries, words);
        traits.forEach(trait -> words.add(trait.word()));
        var keys = keyRules.stream().map(KeyRule::toString).collect(Collectors.joining(" "));
        return String.join(
                "\t",
                Integer.toString(arity),
                effect.name().toLowerCase(Locale.ROOT),
                switch (handling) {
                    case SHARED_LANE -> "shared";
                    case OWN_LANE -> "own";
                    case FRONT -> "front";
                    case REFUSED -> "refused";
                    case WITHHELD -> "withheld";
                },
                switch (blocks) {
                    case NEVER -> "-";
                    case ALWAYS -> "always";
                    case WITH_OPTION -> "option";
                },
                keys.isEmpty() ? "-" : keys,
                words.isEmpty() ? "-" : String.join(" ", words));
    }

    private static void addIf(boolean holds, String word, List<String> words) {
        if (holds) {
            words.add(word);
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
