package dev.keepsake.resp;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/// What a front has to know of one command or subcommand. Immutable; see [CommandTable].
public final class CommandSpec {
    /// What a command's reply can tell, and what it can change.
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

        /// Whether a replica may carry it out.
        public boolean isRead() {
            return switch (this) {
                case NONE, READ, SCAN -> true;
                case WRITE, OPAQUE -> false;
            };
        }
    }

    /// Who answers a command.
    public enum Handling {
        /// The engine, over a lane that clients share.
        SHARED_LANE,
        /// The engine, over a lane that the client has for itself.
        OWN_LANE,
        /// The front.
        FRONT,
        /// Nobody: clusters know it and refuse it.
        REFUSED,
        /// Nobody: MemoryDB does not offer it.
        WITHHELD
    }

    enum Blocks {
        NEVER,
        ALWAYS,
        WITH_OPTION
    }

    /// By whom it is known what a command does.
    public enum Origin {
        /// By a row of `commands.tsv`, and the engine for the rest.
        KNOWN,
        /// By the engine alone.
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
    private final int script; // where, 0 for none
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

    /// A command of which nothing is known but what the engine says. It is handled in the safe way:
    ///
    /// - What is called neither a read nor a write may be anything, for an engine does not tell
    ///   that such a command replicates. It has a lane for itself, and waits for the log, and so
    ///   does everything that is read until it is there.
    /// - So does a write that does not name all its keys; a read that does not waits for the log.
    /// - What is for administrators, changes who a connection is, or makes it listen, is withheld.
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

    /// The same for one that a row knows more of. A row may know that a command does more than the
    /// engine says; that it does less is not believed of what an engine carries out for clients.
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

    /// One that the front answers though the engine does not have it.
    static CommandSpec ofTheFront(CommandRow row) {
        return new CommandSpec(
                row.name(),
                row.arityOfItsOwn(),
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

    /// The same, offered to nobody.
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

    /// Whether a command of `count` arguments, its name included, is well-formed so far.
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

    /// Whether the table says this of it.
    public boolean is(Trait trait) {
        return traits.contains(trait);
    }

    /// Whether it changes which channels its client listens to.
    public boolean changesSubscriptions() {
        return is(Trait.SUBSCRIBE) || is(Trait.UNSUBSCRIBE);
    }

    /// Whether replicas may be sent anything of it. Redis counts it among what a pause of writes
    /// holds back.
    public boolean mayReplicate() {
        return !effect.isRead() || is(Trait.PUBLISH) || is(Trait.KEEPS_RESULT);
    }

    /// Whether nobody knows what it does to the connection that it comes over: the engine calls it
    /// neither a read nor a write, and no row says more.
    public boolean mayChangeItsLane() {
        return origin == Origin.DERIVED && effect == Effect.OPAQUE && carriedOutByReplicas;
    }

    /// Whether Redis serves it while it is loading.
    public boolean isServedWhileLoading() {
        return servedWhileLoading;
    }

    /// Whether a replica carries it out. What it writes there, if anything, its engine refuses.
    public boolean isCarriedOutByReplicas() {
        return carriedOutByReplicas;
    }

    /// Whether the engine refuses it inside a transaction, before it looks at its keys.
    public boolean isRefusedInTransactions() {
        return refusedInTransactions;
    }

    /// Which argument of one invocation is the text of a script or of a library of functions.
    ///
    /// @return its index, or 0 when there is none
    public int scriptArgument(int argumentCount) {
        return script < 0 ? argumentCount + script : script;
    }

    /// Which argument is what FUNCTION DUMP gives: libraries of functions.
    ///
    /// @return its index, or 0 when there is none
    public int librariesArgument() {
        return libraries;
    }

    /// Whether the command names keys.
    public boolean hasKeys() {
        return !keyRules.isEmpty();
    }

    /// Whether this invocation may wait for data.
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

    /// Whether it depends on the arguments whether an invocation waits for data.
    public boolean mayBlock() {
        return blocks != Blocks.NEVER;
    }

    /// Finds the keys of one invocation.
    ///
    /// @param base the index of the frame's first byte
    /// @return how many there are; 0 also when the arguments are malformed, for which the engine
    ///   has an error of its own
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
    /// words of `commands.tsv`, with a tab between them.
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
