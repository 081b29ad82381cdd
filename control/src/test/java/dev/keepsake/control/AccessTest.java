package dev.keepsake.control;

import static dev.keepsake.control.MemoryControl.REGION;
import static dev.keepsake.control.Refusals.assertRefused;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Users and ACLs: what is taken, what is refused, and when a change has come to its end.
class AccessTest {
    private static final String PASSWORD = "correct-horse-battery";

    private final MemoryControl control = new MemoryControl();

    // ---- access strings; the forms are those of the service's own samples

    @ParameterizedTest
    @CsvSource({
        "on +get, on resetchannels -@all +get",
        "off +get, off resetchannels -@all +get",
        "~objects:* ~items:* ~public:*, off ~objects:* ~items:* ~public:* resetchannels -@all",
        "~* &* -@all +@read, off ~* &* -@all +@read",
        "on ~app::* -@all +@read, on ~app::* resetchannels -@all +@read",
        "on ~* &* +@all, on ~* &* +@all",
        "allkeys allchannels allcommands on, on ~* &* +@all"
    })
    void anAccessStringIsKeptInItsNormalForm(String given, String normal) {
        assertThat(Access.normalForm(given)).isEqualTo(normal);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "on ~* +@all >secret-password",
                "on #abc",
                "on nopass",
                "reset",
                "incorrectaccessstring",
                "on +config",
                "on +config|get",
                "on -config",
                "on ~* +@all -debug|object",
                "on +DEBUG|object",
                "on -acl|setuser",
                "on +cluster|setslot",
                "on +acl|setuser"
            })
    void whatIsNoAccessStringIsRefusedWithoutRepeatingIt(String given) {
        assertRefused(
                Fault.INVALID_PARAMETER_VALUE, () -> Access.normalForm(given), "AccessString");
    }

    @ParameterizedTest
    @ValueSource(strings = {"+acl|whoami", "+cluster|slots", "-@dangerous", "+saves", "+syncs|x"})
    void whatOnlyResemblesAWithheldCommandIsTaken(String rule) {
        assertThat(Access.normalForm("on " + rule)).endsWith(rule);
    }

    // ---- users

    @Test
    void aPasswordIsKeptAsAHashAndNowhereElse() {
        var user = user("Alice").user();
        assertThat(user.name()).isEqualTo("alice");
        assertThat(user.sha256Hex()).singleElement().asString().matches("[0-9a-f]{64}");
        var stored = new String(ControlRecordCodec.encode(control.records), UTF_8);
        assertThat(stored).doesNotContain(PASSWORD);
        assertThat(control.records.toString())
                .doesNotContain(PASSWORD)
                .doesNotContain(user.sha256Hex().iterator().next());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "short",
                "has,a,comma,in,its,middle",
                "has an @ and is long",
                "ä and so on and on"
            })
    void aPasswordThatTheServiceDoesNotTakeIsRefusedWithoutRepeatingIt(String password) {
        var mode = new Access.AuthenticationMode("password", List.of(password));
        assertThat(mode.toString()).doesNotContain(password);
        assertRefused(Fault.INVALID_PARAMETER_VALUE, () -> create("bob", mode), "A password");
    }

    @Test
    void aUserHasOneOrTwoPasswordsOrNone() {
        assertRefused(
                Fault.INVALID_PARAMETER_COMBINATION,
                () -> create("bob", new Access.AuthenticationMode("password", List.of())),
                "1 or 2");
        assertRefused(
                Fault.INVALID_PARAMETER_COMBINATION,
                () -> create("bob", new Access.AuthenticationMode("iam", List.of(PASSWORD))),
                "iam");
        var iam = create("bob", new Access.AuthenticationMode("iam", null)).user();
        assertThat(iam.minimumEngineVersion()).isEqualTo("7.0");
    }

    @Test
    void aNameIsUsedOnce() {
        user("alice");
        assertRefused(Fault.USER_ALREADY_EXISTS, () -> user("ALICE"), "alice");
        assertRefused(Fault.USER_ALREADY_EXISTS, () -> user("default"), "default");
    }

    @Test
    void theUserDefaultStaysAsItIs() {
        assertRefused(
                Fault.INVALID_PARAMETER_VALUE,
                () -> control.plane.access().deleteUser(REGION, "default", control.now));
        assertRefused(
                Fault.INVALID_PARAMETER_VALUE,
                () ->
                        control.plane
                                .access()
                                .updateUser(REGION, "default", null, "on ~* +@all", control.now));
        assertRefused(Fault.INVALID_PARAMETER_VALUE, () -> acl("mine", "default"), "open-access");
    }

    @Test
    void aChangeIsUnderWayUntilEveryClusterHasIt() {
        user("alice");
        acl("staff", "alice");
        settle(false);
        var cluster =
                control.available(
                        Create.with(create -> {
                            create.aclName = "staff";
                        }));
        control.decide(plane ->
                plane.access().updateUser(REGION, "alice", null, "on ~* &* +@all", control.now));
        assertThat(status("alice")).isEqualTo(User.Status.MODIFYING);
        assertRefused(
                Fault.INVALID_USER_STATE,
                () -> control.plane.access().deleteUser(REGION, "alice", control.now),
                "modifying");

        var old = new HashMap<ClusterId, List<AccessRule>>();
        old.put(cluster.spec().id(), List.of());
        control.decide(plane -> plane.access().settle(old, Set.of(), control.now));
        assertThat(status("alice")).isEqualTo(User.Status.MODIFYING);

        var told = new HashMap<ClusterId, List<AccessRule>>();
        told.put(cluster.spec().id(), control.plane.access().rulesOf(cluster));
        var behind = Set.of(cluster.spec().id());
        control.decide(plane -> plane.access().settle(told, behind, control.now));
        assertThat(status("alice")).as("some engine is behind").isEqualTo(User.Status.MODIFYING);

        settle(true);
        assertThat(status("alice")).isEqualTo(User.Status.ACTIVE);
    }

    @Test
    void aUserThatIsDeletedLeavesItsAcls() {
        user("alice");
        user("bob");
        acl("staff", "alice", "bob");
        settle(false);
        control.decide(plane -> plane.access().deleteUser(REGION, "alice", control.now));
        var pending = control.plane.access().existingAcl(REGION, "staff");
        assertThat(pending.toRemove()).containsExactly("alice");
        settle(false);
        assertThat(control.plane.access().existingAcl(REGION, "staff").userNames())
                .containsExactly("bob");
        assertRefused(Fault.USER_NOT_FOUND, () -> status("alice"));
    }

    // ---- ACLs

    @Test
    void whatAnAclCannotBeSaysWhy() {
        user("alice");
        assertRefused(Fault.USER_NOT_FOUND, () -> acl("staff", "nobody"), "nobody");
        assertRefused(Fault.DUPLICATE_USER_NAME, () -> acl("staff", "alice", "Alice"), "alice");
        acl("staff", "alice");
        assertRefused(Fault.ACL_ALREADY_EXISTS, () -> acl("staff"), "staff");
        settle(false);
        var access = control.plane.access();
        assertRefused(
                Fault.DUPLICATE_USER_NAME,
                () -> access.updateAcl(REGION, "staff", List.of("alice"), null, control.now));
        assertRefused(
                Fault.INVALID_PARAMETER_VALUE,
                () -> access.updateAcl(REGION, "staff", null, List.of("bob"), control.now));
        assertRefused(
                Fault.INVALID_PARAMETER_COMBINATION,
                () -> access.updateAcl(REGION, "staff", null, null, control.now));
        control.available(Create.with(create -> create.aclName = "staff"));
        assertRefused(
                Fault.INVALID_ACL_STATE,
                () -> access.deleteAcl(REGION, "staff", control.now),
                "demo");
        assertRefused(
                Fault.INVALID_PARAMETER_VALUE,
                () -> access.deleteAcl(REGION, "open-access", control.now),
                "open-access ACL can't be deleted.");
    }

    @Test
    void thereIsAnEndToAclsAndUsers() {
        IntStream.range(0, 199).forEach(i -> acl("acl" + i));
        assertRefused(Fault.ACL_QUOTA_EXCEEDED, () -> acl("one-more"));
        IntStream.range(0, 1_999)
                .forEach(i -> create("user" + i, new Access.AuthenticationMode("iam", null)));
        assertRefused(Fault.USER_QUOTA_EXCEEDED, () -> user("one-more"));
    }

    // ---- what the tests ask

    private Access.UserView user(String name) {
        return create(name, new Access.AuthenticationMode("password", List.of(PASSWORD)));
    }

    private Access.UserView create(String name, Access.AuthenticationMode mode) {
        return control.decide(plane ->
                plane.access()
                        .createUser(REGION, name, mode, "on ~app:* +@read", null, control.now));
    }

    private void acl(String name, String... users) {
        control.decide(
                plane -> plane.access().createAcl(REGION, name, List.of(users), null, control.now));
    }

    private User.Status status(String user) {
        return control.plane.access().existingUser(REGION, user).status();
    }

    /// The fleet reports that all clusters let in whom they are to.
    private void settle(boolean running) {
        var applied = new HashMap<ClusterId, List<AccessRule>>();
        if (running) {
            for (var cluster : control.state.clusters()) {
                applied.put(cluster.spec().id(), control.plane.access().rulesOf(cluster));
            }
        }
        control.decide(plane -> plane.access().settle(applied, Set.of(), control.now));
    }

    @Test
    void aClusterTellsWhichRulesItsNodesHaveYetToFollow() {
        user("alice");
        control.decide(plane ->
                plane.access().createAcl(REGION, "staff", List.of("alice"), null, control.now));
        var fleet = new SimulatedFleet(control);
        fleet.finish();
        control.available(
                Create.with(create -> {
                    create.clusterName = "guarded";
                    create.aclName = "staff";
                }));
        control.available(Create.named("open"));
        assertThat(pending("guarded")).isEmpty();

        control.decide(plane ->
                plane.access().updateUser(REGION, "alice", null, "on ~k +get", control.now));
        assertThat(pending("guarded")).as("one of its users is another").contains("staff");
        assertThat(pending("open")).isEmpty();
        fleet.finish();
        assertThat(pending("guarded")).isEmpty();

        control.decide(plane ->
                plane.access().updateAcl(REGION, "staff", null, List.of("alice"), control.now));
        assertThat(pending("guarded")).as("its ACL is another").contains("staff");
        fleet.finish();

        control.decide(plane ->
                plane.updateCluster(
                        Update.with(update -> {
                            update.clusterName = "open";
                            update.aclName = "staff";
                        }),
                        REGION,
                        control.now,
                        new SplittableRandom(1)));
        assertThat(pending("open")).as("it gets another ACL").contains("staff");
        assertThat(pending("guarded")).isEmpty();
        fleet.finish();
        assertThat(pending("open")).isEmpty();
    }

    @Test
    void filtersOfUsersKnowNoCase() {
        user("alice");
        for (String name : List.of("username", "UserName", "user-name", "User-Name")) {
            var filters = List.of(new Access.Filter(name, List.of("ALICE", "Nobody")));
            assertThat(
                            control.plane
                                    .access()
                                    .describeUsers(REGION, null, filters, null, null)
                                    .items())
                    .extracting(view -> view.user().name())
                    .containsExactly("alice");
        }
        assertRefused(
                Fault.INVALID_PARAMETER_COMBINATION,
                () ->
                        control.plane
                                .access()
                                .describeUsers(
                                        REGION,
                                        null,
                                        List.of(new Access.Filter("user_name", List.of("alice"))),
                                        null,
                                        null),
                "expected user-name");
    }

    @ParameterizedTest
    @CsvSource({
        "on ~* +@all, 6.2",
        "on ~a%R~b &* +get, 6.2",
        "on %R~a +get, 7.0",
        "on ~a %RW~b +@all, 7.0"
    })
    void theOldestEngineIsTheOneThatKnowsAllOfAnAcl(String accessString, String version) {
        control.decide(plane ->
                plane.access()
                        .createUser(
                                REGION,
                                "one",
                                new Access.AuthenticationMode("password", List.of(PASSWORD)),
                                accessString,
                                null,
                                control.now));
        user("two");
        var acl =
                control.decide(plane ->
                        plane.access()
                                .createAcl(REGION, "staff", List.of("two"), null, control.now));
        assertThat(acl.minimumEngineVersion()).isEqualTo("6.2");
        control.decide(plane ->
                plane.access().createAcl(REGION, "all", List.of("one", "two"), null, control.now));
        var page = control.plane.access().describeAcls(REGION, "all", null, null);
        assertThat(page.items().getFirst().minimumEngineVersion()).isEqualTo(version);
        assertThat(
                        control.plane
                                .access()
                                .describeUsers(REGION, "one", null, null, null)
                                .items()
                                .getFirst()
                                .user()
                                .minimumEngineVersion())
                .isEqualTo(version);
    }

    private Optional<String> pending(String cluster) {
        return control.plane.access().aclToApply(control.describe(cluster));
    }
}
