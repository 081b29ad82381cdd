package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keepsake.aws.IamTokens;
import dev.keepsake.resp.CommandSpec;
import dev.keepsake.resp.CommandTable;
import dev.keepsake.resp.RespValue;
import dev.keepsake.resp.Trait;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The users that a node admits, and what they may do. Owned by the node's event loop.
///
/// Passwords and tokens are checked here and nowhere else. The engine decides what a user may do:
/// each user has a namesake there with the same rules and without a password, and the lanes of a
/// user log in as that namesake. A namesake without a password is safe because only this front
/// reaches the engine's socket. For the commands that the front answers itself, the front asks the
/// engine beforehand which of them the rules refuse, and with which error.
///
/// [Namesakes] says what users are called in the engine.
final class AccessControl {
    private static final Logger LOG = LoggerFactory.getLogger(AccessControl.class);

    /// The user of a connection over the operators' socket. No client's user can have this name,
    /// and no client can log in with it.
    static final String OPERATOR = "keepsake:operator";

    // A user of the engine that has one user's rules and nothing else, while the engine is asked
    // which commands they refuse.
    private static final String EXAMPLE = "example:clients";

    private static final byte[] NO_HASH = new byte[32];
    private static final int RULES_REMEMBERED_MAX = 2_000;
    private static final HexFormat HEX = HexFormat.of();

    /*
     * Beyond its rules, each namesake may do what keeps a lane usable and reveals nothing:
     * - ROLE is the barrier. The front answers clients that ask for it, and scripts may not call
     *   it.
     * - CLIENT ID returns the engine's number of the lane, which clients never learn.
     * - EXEC, DISCARD and UNWATCH end a state of the engine when the front believes that it has
     *   ended, so that no lane is lent to the next client in that state. A user who may not say
     *   MULTI has nothing to end. Whatever the rules say, a namesake may not do what MemoryDB
     *   withholds or what every cluster refuses. The front refuses these commands to clients; the
     *   rule is for scripts.
     */
    private static final List<String> ALWAYS =
            List.of("+role", "+client|id", "+exec", "+discard", "+unwatch");

    /// What the engine has answered about a user.
    ///
    /// @param refusals Redis's error for each of the front's own commands that the user may not
    ///   give, by the command's name; null when no engine has answered yet
    record Admitted(AccessUser user, @Nullable Map<String, String> refusals) {}

    private final @Nullable IamTokens tokens;
    private final List<CommandSpec> checkedHere;
    private final List<String> never;
    private final Map<String, Map<String, String>> refusalsByRules = new HashMap<>();
    private List<AccessUser> permitted = List.of(AccessUser.unrestrictedDefault());
    private Map<String, Admitted> admitted = new TreeMap<>();
    private volatile List<String> names = List.of();
    private int round;
    private boolean operators;

    /// @param tokens checks tokens, or null when the node admits no user with a token
    AccessControl(CommandTable table, @Nullable IamTokens tokens) {
        this.tokens = tokens;
        this.checkedHere = table.all().stream().filter(AccessControl::isRefusedHere).toList();
        this.never =
                table.all().stream()
                        .filter(AccessControl::isForNobody)
                        .map(spec -> "-" + spec.name())
                        .toList();
        refusalsByRules.put(AccessUser.unrestrictedDefault().aclRules(), Map.of());
        admitWithoutEngine();
    }

    private static boolean isRefusedHere(CommandSpec spec) {
        return isCheckedHere(spec)
                || LoadingAnswers.has(spec)
                || LoadingEngine.answers(spec)
                || ScriptRules.bringsScript(spec);
    }

    /// Whether the front has to check that a user may give this command.
    static boolean isCheckedHere(CommandSpec spec) {
        return spec.is(Trait.MULTI)
                || (spec.handling() == CommandSpec.Handling.FRONT && !spec.is(Trait.NO_LOGIN));
    }

    private static boolean isForNobody(CommandSpec spec) {
        return spec.handling() == CommandSpec.Handling.WITHHELD
                || spec.handling() == CommandSpec.Handling.REFUSED;
    }

    /// Admits operators, from the next engine on.
    void admitOperators() {
        operators = true;
    }

    /// Takes a new list. A user who is not on it is shut out at once. A user who is new, or has new
    /// rules, has them as soon as [#apply] has succeeded.
    void permit(List<AccessUser> users) {
        permitted = users;
        round++;
        var staying = new TreeMap<>(admitted);
        staying.keySet().removeIf(name -> findPermitted(name) == null);
        admit(staying);
    }

    private @Nullable AccessUser findPermitted(String name) {
        for (var user : permitted) {
            if (user.name().equals(name) && user.enabled()) {
                return user;
            }
        }
        return null;
    }

    /// Admits the permitted users while no engine serves. What they may do of the front's own
    /// commands is known only if an earlier engine has answered it.
    void admitWithoutEngine() {
        round++;
        var all = new TreeMap<String, Admitted>();
        for (var user : permitted) {
            if (user.enabled()) {
                all.put(user.name(), new Admitted(user, refusalsByRules.get(user.aclRules())));
            }
        }
        admit(all);
    }

    private void admit(Map<String, Admitted> users) {
        admitted = users;
        names = List.copyOf(users.keySet());
    }

    /// The names of the admitted users, in alphabetical order. May be called from any thread.
    List<String> names() {
        return names;
    }

    /// All questions to an engine about the permitted users. Their answers are used together or not
    /// at all: an engine that is busy with a script refuses every question, and such a refusal says
    /// nothing about the users.
    private static final class Round {
        private final ControlLane lane;
        private final Map<String, Admitted> becoming = new TreeMap<>();
        private boolean busy;

        Round(ControlLane lane) {
            this.lane = lane;
        }

        void ask(Consumer<RespValue> onReply, List<String> command) {
            lane.ask(
                    reply -> {
                        if (isOfBusyEngine(reply)) {
                            busy = true;
                        } else {
                            onReply.accept(reply);
                        }
                    },
                    command.toArray(new String[0]));
        }

        private static boolean isOfBusyEngine(RespValue reply) {
            return reply instanceof RespValue.ErrorReply(String error) && error.startsWith("BUSY ");
        }
    }

    /// Creates the namesakes of all permitted users in an engine. A user whose rules the engine
    /// refuses is not admitted. An engine that is busy with a script accepts no rules; the users
    /// who were admitted before stay admitted then.
    ///
    /// @param onApplied called once all users have their rules, unless the list changes before
    /// @param onBusy called instead when the engine was busy: the caller has to try again
    void apply(ControlLane lane, Runnable onApplied, Runnable onBusy) {
        round++;
        int mine = round;
        var asked = new Round(lane);
        if (operators) {
            setOperator(asked);
        }
        for (var user : permitted) {
            if (user.enabled()) {
                var rules = setUser(Namesakes.inEngine(user.name()), user);
                rules.addAll(ALWAYS);
                rules.addAll(never);
                asked.ask(reply -> onUserSet(user, reply, asked.becoming), rules);
                askForRefusals(asked, user);
            }
        }
        // Not asked through the round, which drops the reply of a busy engine: this reply is needed
        // in any case.
        lane.ask(
                reply -> {
                    asked.busy |= Round.isOfBusyEngine(reply);
                    if (mine != round) {
                        return;
                    }
                    if (asked.busy) {
                        onBusy.run();
                    } else {
                        admit(asked.becoming);
                        onApplied.run();
                    }
                },
                "PING");
    }

    /// An operator may do what an unrestricted user may do, and CONFIG and DEBUG besides. Of these
    /// two, the front accepts what [OperatorCommands] lists.
    private void setOperator(Round asked) {
        var rules = new ArrayList<>(List.of("ACL", "SETUSER", OPERATOR, "reset"));
        rules.addAll(List.of("on", "nopass", "~*", "&*", "+@all"));
        rules.addAll(never);
        rules.addAll(OperatorCommands.RULES);
        asked.ask(
                reply -> {
                    if (reply instanceof RespValue.ErrorReply(String error)) {
                        LOG.error(
                                "operators are not admitted, the engine refuses their rules: {}",
                                error);
                    }
                },
                rules);
    }

    private static List<String> setUser(String nameInEngine, AccessUser user) {
        var command = new ArrayList<>(List.of("ACL", "SETUSER", nameInEngine, "reset"));
        for (var rule : user.aclRules().split(" ", -1)) {
            if (!rule.isEmpty()) {
                command.add(rule);
            }
        }
        command.add("on");
        command.add("nopass");
        return command;
    }

    private static void onUserSet(
            AccessUser user, RespValue reply, Map<String, Admitted> becoming) {
        if (reply instanceof RespValue.ErrorReply(String error)) {
            LOG.error(
                    "user={} is not admitted, the engine refuses its rules: {}",
                    user.name(),
                    error);
        } else {
            becoming.put(user.name(), new Admitted(user, null));
        }
    }

    private void askForRefusals(Round asked, AccessUser user) {
        var known = refusalsByRules.get(user.aclRules());
        if (known != null) {
            asked.ask(
                    reply ->
                            asked.becoming.computeIfPresent(
                                    user.name(), (name, found) -> new Admitted(user, known)),
                    List.of("PING"));
            return;
        }
        var refusals = new HashMap<String, String>();
        var unsaid = new ArrayList<String>();
        asked.ask(reply -> {}, setUser(EXAMPLE, user));
        for (var spec : checkedHere) {
            asked.ask(
                    reply -> {
                        if (reply instanceof RespValue.Bulk why) {
                            refusals.put(spec.name(), "NOPERM " + asRefused(why.utf8()));
                        } else if (reply instanceof RespValue.ErrorReply(String error)
                                && !isUnknownCommand(error)) {
                            unsaid.add(spec.name());
                        }
                    },
                    dryRun(spec));
        }
        asked.ask(
                reply -> {
                    if (asked.becoming.containsKey(user.name())) {
                        asked.becoming.put(user.name(), new Admitted(user, refusals));
                        // An answer is remembered only when the engine has answered for every
                        // command.
                        if (!asked.busy && unsaid.isEmpty()) {
                            remember(user, refusals);
                        }
                    }
                },
                List.of("ACL", "DELUSER", EXAMPLE));
    }

    /// Whether the engine does not know a command, because it is older or knows only the command
    /// without subcommands. Asking it again would bring no other answer.
    private static boolean isUnknownCommand(String error) {
        return error.startsWith("ERR Command '") && error.endsWith("' not found");
    }

    private void remember(AccessUser user, Map<String, String> refusals) {
        if (refusalsByRules.size() < RULES_REMEMBERED_MAX) {
            refusalsByRules.put(user.aclRules(), refusals);
        }
    }

    private static List<String> dryRun(CommandSpec spec) {
        var command = new ArrayList<>(List.of("ACL", "DRYRUN", EXAMPLE));
        command.addAll(List.of(spec.name().split("\\|", -1)));
        int wanted = 3 + Math.abs(spec.arity());
        while (command.size() < wanted) {
            command.add("x");
        }
        return command;
    }

    /// When Redis 7.0 refuses a command, it begins the sentence of its dry run with a small letter.
    private static String asRefused(String why) {
        return why.startsWith("This ") ? "t" + why.substring(1) : why;
    }

    /// The answer of `ACL DRYRUN` for a command that is refused with this error.
    static String asDryRun(String refusal) {
        String why = refusal.startsWith("NOPERM ") ? refusal.substring(7) : refusal;
        return why.startsWith("this ") ? "T" + why.substring(1) : why;
    }

    /// The command that asks an engine whether a user may give another command.
    static byte[][] dryRun(String user, byte[]... command) {
        var asked = new byte[3 + command.length][];
        asked[0] = "ACL".getBytes(UTF_8);
        asked[1] = "DRYRUN".getBytes(UTF_8);
        asked[2] = Namesakes.inEngine(user).getBytes(UTF_8);
        System.arraycopy(command, 0, asked, 3, command.length);
        return asked;
    }

    /// The user of a client that has not logged in.
    ///
    /// @return null when such a client has no user
    @Nullable String newcomer() {
        var found = admitted.get(AccessUser.DEFAULT_NAME);
        return found != null && found.user().noPassword() ? AccessUser.DEFAULT_NAME : null;
    }

    /// Whether a user is admitted at present.
    boolean isAdmitted(@Nullable String user) {
        return user != null && admitted.containsKey(user);
    }

    /// The same for the user of a connection, which may be the operator.
    boolean mayStay(@Nullable String user) {
        return OPERATOR.equals(user) ? operators : isAdmitted(user);
    }

    /// Whether this password, or this token, logs in as this user.
    boolean lets(String user, byte[] given) {
        return isByToken(user)
                ? tokens != null && tokens.accepts(user, new String(given, UTF_8))
                : isPassword(user, given);
    }

    /// Whether a user logs in with tokens.
    boolean isByToken(String user) {
        var found = admitted.get(user);
        return found != null && found.user().iam();
    }

    /// Whether the password is one of the user's. For passwords of the same length, the check takes
    /// the same time for every user, so that its duration does not reveal which users exist.
    private boolean isPassword(String user, byte[] password) {
        byte[] given = sha256(password);
        var found = admitted.get(user);
        boolean matches = false;
        var hashes = found == null ? List.<String>of() : found.user().passwordSha256Hex();
        for (var hash : hashes) {
            matches |= MessageDigest.isEqual(given, HEX.parseHex(hash));
        }
        if (hashes.isEmpty()) {
            matches |= MessageDigest.isEqual(given, NO_HASH);
        }
        return matches || (found != null && found.user().noPassword());
    }

    private static byte[] sha256(byte[] password) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(password);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /// The error that refuses one of the front's own commands to a user, or null when the user may
    /// give it.
    @Nullable String refusal(String user, CommandSpec spec, String whenUnknown) {
        if (user.equals(OPERATOR)) {
            return null;
        }
        var found = admitted.get(user);
        if (found == null) {
            return "NOAUTH Authentication required.";
        }
        if (found.refusals() == null) {
            return whenUnknown;
        }
        String why = found.refusals().get(spec.name());
        return why == null ? null : why.replace(EXAMPLE, user);
    }

    /// The user's ACL rules; empty for operators and for an unknown user.
    String rulesOf(String user) {
        var found = admitted.get(user);
        return found == null ? "" : found.user().aclRules();
    }

    /// Whether the user has other rules than the unrestricted default user.
    boolean isRestricted(String user) {
        return !user.equals(OPERATOR)
                && !rulesOf(user).equals(AccessUser.unrestrictedDefault().aclRules());
    }

    /// The error with which the engine would have refused a command, derived from the answer of
    /// `ACL DRYRUN`.
    static String refusalOf(String dryRun, String user) {
        String why = Namesakes.without(dryRun, user);
        boolean old = why.startsWith("This "); // Redis 7.0
        if (why.endsWith("' key")) {
            return old
                    ? "NOPERM this user has no permissions to access one of the keys used as"
                            + " arguments"
                    : "NOPERM No permissions to access a key";
        }
        if (why.endsWith("' channel")) {
            return old
                    ? "NOPERM this user has no permissions to access one of the channels used as"
                            + " arguments"
                    : "NOPERM No permissions to access a channel";
        }
        return "NOPERM " + asRefused(why);
    }

    /// Whether the user is known not to have the right to give one of the front's own commands.
    boolean isRefused(String user, String command) {
        var found = admitted.get(user);
        return found != null && found.refusals() != null && found.refusals().containsKey(command);
    }

    /// All admitted users, by name.
    Collection<AccessUser> users() {
        return admitted.values().stream().map(Admitted::user).toList();
    }

    @Nullable AccessUser user(String name) {
        var found = admitted.get(name);
        return found == null ? null : found.user();
    }
}
