package dev.keepsake.resp;

import io.netty.buffer.ByteBuf;
import java.util.List;

/// What a front has to know of one command or subcommand: a row of `commands.tsv`. Immutable.
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

    private enum Blocks {
        NEVER,
        ALWAYS,
        WITH_OPTION
    }

    private static final String BLOCK = "BLOCK";
    private static final String SCRIPT = "script=";
    private static final String LIBRARIES = "libraries=";

    private final String name;
    private final int arity;
    private final Effect effect;
    private final Handling handling;
    private final Blocks blocks;
    private final List<KeyRule> keyRules;
    private final boolean servedWhileLoading;
    private final boolean carriedOutByReplicas;
    private final int script; // where, 0 for none
    private final int libraries;

    CommandSpec(String row) {
        var columns = row.split("\t", -1);
        this.name = columns[0];
        this.arity = Integer.parseInt(columns[1]);
        this.effect =
                switch (columns[2]) {
                    case "none" -> Effect.NONE;
                    case "read" -> Effect.READ;
                    case "scan" -> Effect.SCAN;
                    case "write" -> Effect.WRITE;
                    case "opaque" -> Effect.OPAQUE;
                    default -> throw new IllegalArgumentException("effect in row: " + row);
                };
        this.handling =
                switch (columns[3]) {
                    case "shared" -> Handling.SHARED_LANE;
                    case "own" -> Handling.OWN_LANE;
                    case "front" -> Handling.FRONT;
                    case "refused" -> Handling.REFUSED;
                    case "withheld" -> Handling.WITHHELD;
                    default -> throw new IllegalArgumentException("handling in row: " + row);
                };
        this.blocks =
                switch (columns[4]) {
                    case "-" -> Blocks.NEVER;
                    case "always" -> Blocks.ALWAYS;
                    case "option" -> Blocks.WITH_OPTION;
                    default -> throw new IllegalArgumentException("blocks in row: " + row);
                };
        this.keyRules =
                columns[5].equals("-")
                        ? List.of()
                        : List.of(columns[5].split(" ", -1)).stream().map(KeyRule::parse).toList();
        var traits = columns.length > 6 ? List.of(columns[6].split(" ", -1)) : List.<String>of();
        this.servedWhileLoading = traits.contains("loading");
        this.carriedOutByReplicas = effect.isRead() || traits.contains("replica");
        this.script = argument(traits, SCRIPT);
        this.libraries = argument(traits, LIBRARIES);
    }

    private static int argument(List<String> traits, String name) {
        return traits.stream()
                .filter(trait -> trait.startsWith(name))
                .mapToInt(trait -> Integer.parseInt(trait.substring(name.length())))
                .findFirst()
                .orElse(0);
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

    /// Whether Redis serves it while it is loading.
    public boolean isServedWhileLoading() {
        return servedWhileLoading;
    }

    /// Whether a replica carries it out. What it writes there, if anything, its engine refuses.
    public boolean isCarriedOutByReplicas() {
        return carriedOutByReplicas;
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

    @Override
    public String toString() {
        return name;
    }
}
