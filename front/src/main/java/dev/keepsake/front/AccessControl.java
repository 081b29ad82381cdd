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

/// Whom a node lets in, and what they may do. Owned by the node's event loop.
///
/// Passwords and tokens are checked here and nowhere else. What a user may do is the engine's
/// affair: each user has a namesake there with the same rules and without a password, which is safe
/// because nobody but this front reaches the engine's socket, and the lanes of a user log in as
/// that namesake. For the commands that the front answers itself, the engine is asked beforehand
/// which of them the rules refuse, and in which words.
///
/// See [Namesakes] for what users are called in the engine.
final class AccessControl {
    private static final Logger LOG = LoggerFactory.getLogger(AccessControl.class);

    /// Who has come over the operators' socket. No client's user can have this name, and none can
    /// log in with it.
    static final String OPERATOR = "keepsake:operator";

    // Has a user's rules and nothing else, while the engine is asked what they refuse.
    private static final String EXAMPLE = "example:clients";

    private static final byte[] NO_HASH = new byte[32];
    private static final int RULES_REMEMBERED_MAX = 2_000;
    private static final HexFormat HEX = HexFormat.of();

    /*
     * Beyond its rules each namesake may do what keeps a lane usable and tells nothing:
     * - ROLE is the barrier. Clients that ask for it are answered by the front, and scripts may not.
     * - CLIENT ID says what the engine calls the lane, which clients never learn.
     * - EXEC, DISCARD and UNWATCH leave a state of the engine that the front believes left, so that
     *   a lane never goes to the next client in it. Whoever may not say MULTI has nothing to end.
     * And whatever the rules say, it may not do what MemoryDB withholds or every cluster refuses;
     * clients learn that from the front, and this is for scripts.
     */
    private static final List<String> ALWAYS =
            List.of("+role", "+client|id", "+exec", "+discard", "+unwatch");

    /// What the engine said of a user.
    ///
    /// @param refusals for the commands that the front has to refuse: Redis's error, by name; null
    ///   when no engine has said so yet
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

    /// @param tokens checks tokens, or null when nobody is let in with one
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

    /// Whether the front has to see to it that a user may do this.
    static boolean isCheckedHere(CommandSpec spec) {
        return spec.is(Trait.MULTI)
                || (spec.handling() == CommandSpec.Handling.FRONT && !spec.is(Trait.NO_LOGIN));
    }

    private static boolean isForNobody(CommandSpec spec) {
        return spec.handling() == CommandSpec.Handling.WITHHELD
                || spec.handling() == CommandSpec.Handling.REFUSED;
    }

    /// Lets operators in, from the next engine on.
    void admitOperators() {
        operators = true;
    }

    /// Takes a new list. Whoever is not on it is shut out at once; whoever is new or has other
    /// rules has them as soon as they have been [#apply]d.
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

    /// Lets in who is permitted while no engine serves. What they may do of the front's own
    /// commands is known if an earlier engine has said so.
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

    /// Who is let in, in order of the alphabet. Any thread.
    List<String> names() {
        return names;
    }

    /// What an engine is asked at once about all who are permitted. It counts as a whole or not at
    /// all: an engine that a script keeps busy refuses every question, which says nothing of the
    /// users.
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

    /// Tells an engine who is permitted. A user whose rules it does not take is not let in. While a
    /// script keeps the engine busy it takes nobody's, and who was let in before stays so.
    ///
    /// @param onApplied called once all of them have their rules, unless the list changes before
    /// @param onBusy called instead when the engine was busy: it is to be told again
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
        // Not by the round, for this one has to be heard whatever it is.
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

    /// May do what everybody may who is not restricted, CONFIG and DEBUG besides; of the latter two
    /// the front takes what [OperatorCommands] has.
    private void setOperator(Round asked) {
        var rules = new ArrayList<>(List.of("ACL", "SETUSER", OPERATOR, "reset"));
        rules.addAll(List.of("on", "nopass", "~*", "&*", "+@all"));
        rules.addAll(never);
        rules.addAll(OperatorCommands.RULES);
        asked.ask(
                reply -> {
                    if (reply instanceof RespValue.ErrorReply(String error)) {
                        LOG.error("operators are not let in, their rules are refused: {}", error);
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
            LOG.error("user={} is not let in, its rules are refused: {}", user.name(), error);
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
                        // Only what the engine has said of every command holds for later.
                        if (!asked.busy && unsaid.isEmpty()) {
                            remember(user, refusals);
                        }
                    }
                },
                List.of("ACL", "DELUSER", EXAMPLE));
    }

    /// An engine older than a command, or one that has it as a family alone, will never say more.
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

    /// Redis 7.0 begins the same sentence with a small letter when it refuses a command.
    private static String asRefused(String why) {
        return why.startsWith("This ") ? "t" + why.substring(1) : why;
    }

    /// What `ACL DRYRUN` says of something that is refused in these words.
    static String asDryRun(String refusal) {
        String why = refusal.startsWith("NOPERM ") ? refusal.substring(7) : refusal;
        return why.startsWith("this ") ? "T" + why.substring(1) : why;
    }

    /// The command that asks an engine whether a user may give another one.
    static byte[][] dryRun(String user, byte[]... command) {
        var asked = new byte[3 + command.length][];
        asked[0] = "ACL".getBytes(UTF_8);
        asked[1] = "DRYRUN".getBytes(UTF_8);
        asked[2] = Namesakes.inEngine(user).getBytes(UTF_8);
        System.arraycopy(command, 0, asked, 3, command.length);
        return asked;
    }

    /// Who somebody is that has said nothing yet.
    ///
    /// @return null when that is nobody
    @Nullable String newcomer() {
        var found = admitted.get(AccessUser.DEFAULT_NAME);
        return found != null && found.user().noPassword() ? AccessUser.DEFAULT_NAME : null;
    }

    /// Whether a user is let in at present.
    boolean isAdmitted(@Nullable String user) {
        return user != null && admitted.containsKey(user);
    }

    /// The same of somebody who is there, perhaps as an operator.
    boolean mayStay(@Nullable String user) {
        return OPERATOR.equals(user) ? operators : isAdmitted(user);
    }

    /// Whether somebody is let in as this user who gives this password, or this token.
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

    /// Whether the password is one of the user's. Takes the same time for every user and password
    /// of one length, so that nobody learns from it who exists.
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

    /// The error that refuses one of the front's own commands, or null when the user may give it.
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

    /// What a user may do, as ACL rules; empty for operators and for nobody.
    String rulesOf(String user) {
        var found = admitted.get(user);
        return found == null ? "" : found.user().aclRules();
    }

    /// Whether there may be something that a user may not do.
    boolean isRestricted(String user) {
        return !user.equals(OPERATOR)
                && !rulesOf(user).equals(AccessUser.unrestrictedDefault().aclRules());
    }

    /// The error with which the engine would have refused a command, by what `ACL DRYRUN` says of
    /// it.
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

    /// Whether one of the front's own commands is known to be refused.
    boolean isRefused(String user, String command) {
        var found = admitted.get(user);
        return found != null && found.refusals() != null && found.refusals().containsKey(command);
    }

    /// Everybody who is let in, by name.
    Collection<AccessUser> users() {
        return admitted.values().stream().map(Admitted::user).toList();
    }

    @Nullable AccessUser user(String name) {
        var found = admitted.get(name);
        return found == null ? null : found.user();
    }
}
