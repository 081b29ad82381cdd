package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.resp.CommandSpec;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AccessControlTest {
    private static final String RULES = "on ~app:* +@all";

    private final AccessControl access = new AccessControl(Commands.TABLE, null);

    private static AccessUser user(String name, boolean noPassword, String... passwords) {
        var hashes = new HashSet<String>();
        for (var password : passwords) {
            hashes.add(sha256(password));
        }
        return new AccessUser(name, true, noPassword, hashes, false, RULES);
    }

    private static AccessUser disabled(String name) {
        return new AccessUser(name, false, true, Set.of(), false, RULES);
    }

    private static AccessUser byToken(String name) {
        return new AccessUser(name, true, false, Set.of(), true, RULES);
    }

    private static String sha256(String text) {
        try {
            var digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    private void permit(AccessUser... users) {
        access.permit(List.of(users));
        access.admitWithoutEngine();
    }

    private boolean lets(String user, String password) {
        return access.lets(user, password.getBytes(UTF_8));
    }

    private static CommandSpec spec(String name) {
        return requireNonNull(Commands.TABLE.find(name));
    }

    // ---- which clients are admitted

    @Test
    void everyClientIsDefaultBeforeUsersArePermitted() {
        assertThat(access.newcomer()).isEqualTo("default");
        assertThat(lets("default", "anything")).isTrue();
        assertThat(access.isRestricted("default")).isFalse();
        assertThat(access.refusal("default", spec("client|id"), "unknown")).isNull();
    }

    @Test
    void aUserLogsInWithEachOfItsPasswords() {
        permit(user("ann", false, "old", "new"));
        assertThat(lets("ann", "old")).isTrue();
        assertThat(lets("ann", "new")).isTrue();
        assertThat(lets("ann", "Old")).isFalse();
        assertThat(lets("ann", "")).isFalse();
        assertThat(lets("bob", "old")).isFalse();
    }

    @Test
    void aUserWithoutAPasswordIsNotOneWithAnyPassword() {
        permit(user("none", false), user("any", true));
        assertThat(lets("none", "")).isFalse();
        assertThat(lets("none", "x")).isFalse();
        assertThat(lets("any", "x")).isTrue();
    }

    @Test
    void aDisabledUserCannotLogIn() {
        permit(disabled("ann"), user("bob", false, "b"));
        assertThat(lets("ann", "x")).isFalse();
        assertThat(access.isAdmitted("ann")).isFalse();
        assertThat(access.names()).containsExactly("bob");
    }

    /// No class checks tokens here, and a token is not a password.
    @Test
    void aUserWithATokenCannotLogInWhereTokensAreNotChecked() {
        permit(byToken("ann"));
        assertThat(access.isByToken("ann")).isTrue();
        assertThat(lets("ann", "x")).isFalse();
    }

    @Test
    void aClientHasNoUserAtFirstWhenDefaultHasAPassword() {
        permit(user("default", false, "secret"));
        assertThat(access.newcomer()).isNull();
        permit(user("ann", true));
        assertThat(access.newcomer()).isNull();
        permit(user("default", true));
        assertThat(access.newcomer()).isEqualTo("default");
    }

    /// At once, and not only when an engine has the new list.
    @Test
    void aUserWhoIsNoLongerPermittedIsShutOutAtOnce() {
        permit(user("ann", true), user("bob", true));
        access.permit(List.of(user("bob", true), user("new", true)));
        assertThat(access.isAdmitted("ann")).isFalse();
        assertThat(access.mayStay("ann")).isFalse();
        assertThat(access.isAdmitted("bob")).isTrue();
        assertThat(access.isAdmitted("new")).as("before the engine has its rules").isFalse();
    }

    @Test
    void operatorsStayConnectedOnlyWhereTheyAreAdmitted() {
        assertThat(access.mayStay(AccessControl.OPERATOR)).isFalse();
        access.admitOperators();
        assertThat(access.mayStay(AccessControl.OPERATOR)).isTrue();
        assertThat(access.isAdmitted(AccessControl.OPERATOR)).isFalse();
        assertThat(lets(AccessControl.OPERATOR, "x")).isFalse();
        assertThat(access.refusal(AccessControl.OPERATOR, spec("client|kill"), "x")).isNull();
    }

    @Test
    void aClientWithoutALoginHasNoUser() {
        assertThat(access.isAdmitted(null)).isFalse();
        assertThat(access.mayStay(null)).isFalse();
    }

    // ---- the rights of users

    /// The rights are unknown until an engine has answered what the rules refuse.
    @Test
    void theRightsOfAUserAreUnknownBeforeAnEngineHasAnswered() {
        permit(user("ann", true));
        assertThat(access.refusal("ann", spec("client|kill"), Refusals.LOADING))
                .isEqualTo(Refusals.LOADING);
        assertThat(access.isRefused("ann", "client|kill")).isFalse();
        assertThat(access.isRestricted("ann")).isTrue();
    }

    @Test
    void aUserWhoIsShutOutHasToLogInAgain() {
        permit(user("ann", true));
        assertThat(access.refusal("bob", spec("client|id"), "x"))
                .isEqualTo("NOAUTH Authentication required.");
        assertThat(access.rulesOf("bob")).isEmpty();
    }

    /// As the engine would have refused it, in the words of each version.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            textBlock =
                    """
                    This user has no permissions to run the 'get' command | NOPERM this user has no permissions to run the 'get' command
                    This user has no permissions to access the 'k' key | NOPERM this user has no permissions to access one of the keys used as arguments
                    This user has no permissions to access the 'c' channel | NOPERM this user has no permissions to access one of the channels used as arguments
                    User default:clients has no permissions to run the 'get' command | NOPERM User default has no permissions to run the 'get' command
                    User default:clients has no permissions to access the 'k' key | NOPERM No permissions to access a key
                    User default:clients has no permissions to access the 'c' channel | NOPERM No permissions to access a channel
                    """)
    void aDryRunSaysWithWhichErrorACommandIsRefused(String dryRun, String error) {
        assertThat(AccessControl.refusalOf(dryRun, "default")).isEqualTo(error);
    }

    @Test
    void aRefusalIsTheSameInADryRun() {
        assertThat(AccessControl.asDryRun("NOPERM this user has no permissions"))
                .isEqualTo("This user has no permissions");
        assertThat(AccessControl.asDryRun("NOPERM User ann has none"))
                .isEqualTo("User ann has none");
    }

    /// The engine's own `default` is the front itself, which has all rights.
    @Test
    void noClientIsTheEnginesOwnDefault() {
        assertThat(Namesakes.inEngine("default")).isEqualTo("default:clients");
        assertThat(Namesakes.fromEngine("default:clients")).isEqualTo("default");
        assertThat(Namesakes.inEngine("ann")).isEqualTo("ann");
        var asked = AccessControl.dryRun("default", "GET".getBytes(UTF_8), new byte[] {-1});
        assertThat(asked[2]).asString(UTF_8).isEqualTo("default:clients");
        assertThat(asked[4]).containsExactly(-1);
    }
}
