package dev.keepsake.front;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// `ACL …` about users: a client sees their rules, but never a password.
class AclAnswersTest {
    private static final String HASH = "ab".repeat(32);

    @RegisterExtension static final TestFront node = TestFront.servingPrimary();

    @RegisterExtension static final TestFront valkey = TestFront.servingPrimary(TestFront.VALKEY);

    @BeforeAll
    static void permit() throws Exception {
        permit(node);
        permit(valkey);
    }

    private static void permit(TestFront of) throws Exception {
        var admitted = new CountDownLatch(1);
        of.front.permit(
                List.of(
                        new AccessUser("default", true, true, Set.of(), false, "on ~* &* +@all"),
                        new AccessUser(
                                "ann",
                                true,
                                false,
                                Set.of(HASH),
                                false,
                                "off  ~app:* %R~in:* &news -@all +@read (+set ~own)"),
                        new AccessUser("gone", false, true, Set.of(), false, "on +@all")),
                admitted::countDown);
        assertThat(admitted.await(60, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aDisabledUserIsNotShown() throws Exception {
        assertThat(node.answer("ACL USERS")).isEqualTo("*2 $3 ann $7 default");
        assertThat(node.answer("ACL GETUSER gone")).isEqualTo("$-1");
        assertThat(node.answers("HELLO 3", "ACL GETUSER nosuch").get(1)).isEqualTo("_");
    }

    @Test
    void theListShowsTheRulesInTheWordsOfAclSetuser() throws Exception {
        assertThat(node.answer("ACL LIST"))
                .matches(
                        "\\*2 \\$\\d+ \\Quser ann on ~app:* %R~in:* &news -@all +@read (+set\\E.*"
                                + " \\$\\d+ \\Quser default on nopass ~* &* +@all\\E");
    }

    @Test
    void aUserIsShownByItsCommandsKeysAndChannels() throws Exception {
        assertThat(node.answer("ACL GETUSER ann"))
                .startsWith(
                        "*12 $5 flags *1 $2 on $9 passwords *0 $8 commands $12 -@all +@read $4 keys"
                                + " ")
                .contains(" $8 channels $5 &news $9 selectors *0");
        assertThat(node.answers("HELLO 3", "ACL GETUSER default").get(1))
                .isEqualTo(
                        "%6 $5 flags ~2 $2 on $6 nopass $9 passwords *0 $8 commands $5 +@all $4"
                                + " keys $2 ~* $8 channels $2 &* $9 selectors *0");
    }

    @Test
    void noPasswordIsShownNotEvenItsHash() throws Exception {
        for (var line : List.of("ACL LIST", "ACL GETUSER ann", "ACL USERS")) {
            assertThat(node.answer(line)).as(line).doesNotContain(HASH).doesNotContain("#");
        }
    }

    @Test
    void everyUserMayUseTheOnlyDatabaseWhereTheEngineHasRulesAboutThem() throws Exception {
        assertThat(valkey.answer("ACL GETUSER default"))
                .startsWith("*14 ")
                .contains(" $9 databases $6 alldbs $9 selectors *0");
    }

    @Test
    void whoamiAnswersWithTheUser() throws Exception {
        assertThat(node.answer("ACL WHOAMI")).isEqualTo("$7 default");
    }
}
