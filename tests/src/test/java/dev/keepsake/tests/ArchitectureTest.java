package dev.keepsake.tests;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.nio.file.Files;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The rules that keep the modules apart and the core testable by simulation.
class ArchitectureTest {
    /// Each module uses only modules before it.
    private static final List<String> MODULES =
            List.of(
                    "core", "resp", "aws", "trust", "log", "engine", "shard", "front", "control",
                    "buckets", "fleet", "api", "server", "drill", "cli", "junit");

    private static final String DECIDES =
            "dev\\.keepsake\\.("
                    + "shard\\.(Leadership|Tracker|DirtyKeys|Durability|CatchUp)"
                    + "|front\\.(Admission|Command|Verdict|Route)"
                    + "|front\\.(LargeIntake|LargeCommand|OwnLaneUse|OwnLaneCommands|Subscriptions)"
                    + "|front\\.(ThisNode|Tracking|Resumption|Namesakes)"
                    + "|front\\.(Transaction|Watches|ReplyQueue|ClientFacts|QueuedAnswers)"
                    + "|fleet\\.(Election|FailoverSteps|ClusterProgress))";

    private static final String LANES =
            "dev\\.keepsake\\.front\\."
                    + "(LaneChannel|SharedLane|OwnLane|ControlLane|NewsLane|UserLanes"
                    + "|ReplySink|Parked|ParkedReply|LargeReply|LargeReplies|ExpectedReplies)"
                    + "(\\$.*)?";

    private static final Set<String> TEXTS =
            Set.of("getMessage", "getLocalizedMessage", "getReason", "toString");

    private static final Set<String> COMPARISONS =
            Set.of(
                    "equals",
                    "equalsIgnoreCase",
                    "contains",
                    "contentEquals",
                    "startsWith",
                    "endsWith",
                    "indexOf",
                    "matches",
                    "regionMatches",
                    "compareTo");

    /// What is decided there is only whether the same line is logged once more.
    private static final Set<String> TEXTS_MAY_BE_COMPARED_IN =
            Set.of("dev.keepsake.fleet.ClusterTroubles.complain");

    private static final JavaClasses CLASSES =
            new ClassFileImporter()
                    .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                    .withImportOption(location -> !location.contains("-tests.jar"))
                    .importPackages("dev.keepsake");

    @Test
    void modulesUseOnlyModulesBelowThem() {
        for (int i = 0; i < MODULES.size() - 1; i++) {
            expectUsesNone(MODULES.get(i), MODULES.subList(i + 1, MODULES.size()));
        }
    }

    @Test
    void onlyTheServerAndItsOptionsKnowThatLogsMayBeOnBookKeeper() {
        noClasses()
                .that()
                .resideOutsideOfPackages(
                        packageOf("log.bookkeeper"), packageOf("server"), packageOf("cli"))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        packageOf("log.bookkeeper"),
                        "org.apache.bookkeeper..",
                        "org.apache.zookeeper..")
                .check(CLASSES);
    }

    /// A drill sees a server as an application does.
    @Test
    void drillsKnowNothingOfTheMachinery() {
        expectUsesNone(
                "drill",
                List.of("resp", "log", "engine", "shard", "front", "fleet", "api", "server"));
    }

    /// It runs in the JVM of other people's tests, where there is no class of the server.
    @Test
    void theTestExtensionKnowsNothingOfTheServer() {
        expectUsesNone("junit", MODULES.subList(0, MODULES.size() - 1));
    }

    @Test
    void theApiKnowsDecisionsAndNotTheMachinery() {
        expectUsesNone("api", List.of("resp", "log", "engine", "shard", "front", "fleet"));
    }

    @Test
    void controlDecidesWithoutTheMachineryThatCarriesItOut() {
        expectUsesNone("control", List.of("resp", "log", "engine", "shard", "front"));
    }

    private static void expectUsesNone(String module, List<String> others) {
        noClasses()
                .that()
                .resideInAPackage(packageOf(module))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        others.stream().map(ArchitectureTest::packageOf).toArray(String[]::new))
                .check(CLASSES);
    }

    /// What is left from before the rule. Whoever takes a class out of a circle takes it off the
    /// count, and nobody adds one. That of `junit` is an annotation which names its extension, as
    /// JUnit wants it, and the extension, which reads the annotation.
    @ParameterizedTest
    @CsvSource({
        "core, 0",
        "resp, 5",
        "aws, 0",
        "trust, 0",
        "log, 0",
        "log.bookkeeper, 0",
        "engine, 0",
        "shard, 0",
        "front, 0",
        "control, 0",
        "buckets, 0",
        "fleet, 0",
        "api, 2",
        "server, 0",
        "drill, 0",
        "cli, 0",
        "junit, 2"
    })
    void classesThatDependOnOneAnotherInACircleOnlyBecomeFewer(String module, int classes) {
        var circles = ClassCycles.in(CLASSES, "dev.keepsake." + module);
        assertThat(circles.stream().mapToInt(Set::size).sum())
                .as("classes of %s in circles: %s", module, circles)
                .isEqualTo(classes);
    }

    @Test
    void frontsKnowNeitherFilesNorAmazon() {
        noClasses()
                .that()
                .resideInAPackage(packageOf("front"))
                .and()
                .doNotHaveSimpleName("OperatorSocket")
                .should()
                .dependOnClassesThat()
                .haveSimpleName("SignatureV4")
                .orShould()
                .dependOnClassesThat()
                .resideInAnyPackage("java.nio.file.attribute..", "org.bouncycastle..")
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(Files.class)
                .check(CLASSES);
    }

    /// A lane is told what it needs by narrow interfaces, so that a test can build one.
    @Test
    void lanesKnowNeitherTheirClientsNorTheirNode() {
        noClasses()
                .that()
                .haveNameMatching(LANES)
                .should()
                .dependOnClassesThat()
                .haveNameMatching(
                        "dev\\.keepsake\\.front\\."
                                + "(NodeFront|FrontParts|ThisNode|EngineSide|EngineWords"
                                + "|ClientConnection|Clients?|ClientTracking|AccessControl)"
                                + "(\\$.*)?")
                .check(CLASSES);
    }

    /// They are tested by tables and simulations.
    @Test
    void whatDecidesDoesNoInputOrOutput() {
        noClasses()
                .that()
                .haveNameMatching(DECIDES)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.netty.channel..",
                        "java.nio.file..",
                        "java.nio.channels..",
                        "java.net..")
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(Thread.class)
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(Executor.class)
                .check(CLASSES);
    }

    @Test
    void timeAndChanceComeFromTheCompositionRoot() {
        noClasses()
                .that()
                .resideOutsideOfPackages(
                        packageOf("server"),
                        packageOf("drill"),
                        packageOf("cli"),
                        packageOf("junit"))
                .should()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(Instant.class, "now")
                .orShould()
                .callMethod(Math.class, "random")
                .orShould()
                .callMethod(RandomGenerator.class, "getDefault")
                .check(CLASSES);
    }

    @Test
    void decisionsNeedNoThreadsFilesOrSockets() {
        noClasses()
                .that()
                .resideInAPackage(packageOf("control"))
                .should()
                .dependOnClassesThat()
                .areAssignableTo(Thread.class)
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(ExecutorService.class)
                .orShould()
                .dependOnClassesThat()
                .resideInAnyPackage("java.nio.file..", "java.nio.channels..", "java.net..")
                .check(CLASSES);
    }

    /// The system's words come in the machine's language. Whoever reads the text of an exception
    /// may pass it on, and compares nothing behind that in the same method.
    @Test
    void noDecisionDependsOnTheTextOfAnException() {
        assertThat(
                        CLASSES.stream()
                                .flatMap(each -> each.getCodeUnits().stream())
                                .filter(ArchitectureTest::comparesTextOfException)
                                .map(JavaCodeUnit::getFullName)
                                .map(name -> name.replaceAll("\\(.*", ""))
                                .filter(name -> !TEXTS_MAY_BE_COMPARED_IN.contains(name)))
                .isEmpty();
    }

    private static boolean comparesTextOfException(JavaCodeUnit unit) {
        var text = lines(unit, ArchitectureTest::isTextOfException).min(Comparator.naturalOrder());
        var comparison = lines(unit, ArchitectureTest::isComparison).max(Comparator.naturalOrder());
        return text.isPresent()
                && comparison.isPresent()
                && comparison.orElseThrow() >= text.orElseThrow();
    }

    private static Stream<Integer> lines(JavaCodeUnit unit, Predicate<JavaMethodCall> what) {
        return unit.getMethodCallsFromSelf().stream()
                .filter(what)
                .map(JavaMethodCall::getLineNumber);
    }

    /// The compiler itself calls `toString` of what an accessor throws, in each pattern of a
    /// record.
    private static boolean isTextOfException(JavaMethodCall call) {
        var owner = call.getTargetOwner();
        boolean ofCompiler =
                owner.isEquivalentTo(Throwable.class) && call.getName().equals("toString");
        return owner.isAssignableTo(Throwable.class)
                && TEXTS.contains(call.getName())
                && !ofCompiler;
    }

    private static boolean isComparison(JavaMethodCall call) {
        var owner = call.getTargetOwner();
        return (owner.isEquivalentTo(String.class) && COMPARISONS.contains(call.getName()))
                || owner.isEquivalentTo(Pattern.class)
                || owner.isEquivalentTo(Matcher.class);
    }

    private static String packageOf(String module) {
        return "dev.keepsake." + module + "..";
    }
}
