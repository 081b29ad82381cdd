package dev.keepsake.tests;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/// The rules that keep the modules apart and the core testable by simulation.
class ArchitectureTest {
    /// Each module uses only modules before it.
    private static final List<String> MODULES =
            List.of(
                    "core", "resp", "log", "engine", "shard", "front", "control", "fleet", "api",
                    "server");

    private static final JavaClasses CLASSES =
            new ClassFileImporter()
                    .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                    .withImportOption(location -> !location.contains("-tests.jar"))
                    .importPackages("dev.keepsake");

    @Test
    void modulesUseOnlyModulesBelowThem() {
        for (int i = 0; i < MODULES.size(); i++) {
            var above = new ArrayList<String>();
            for (var module : MODULES.subList(i + 1, MODULES.size())) {
                above.add(packageOf(module));
            }
            if (!above.isEmpty()) {
                noClasses()
                        .that()
                        .resideInAPackage(packageOf(MODULES.get(i)))
                        .should()
                        .dependOnClassesThat()
                        .resideInAnyPackage(above.toArray(new String[0]))
                        .check(CLASSES);
            }
        }
    }

    @Test
    void onlyTheServerKnowsThatLogsMayBeOnBookKeeper() {
        noClasses()
                .that()
                .resideOutsideOfPackages(packageOf("log.bookkeeper"), packageOf("server"))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        packageOf("log.bookkeeper"),
                        "org.apache.bookkeeper..",
                        "org.apache.zookeeper..")
                .check(CLASSES);
    }

    @Test
    void theApiKnowsDecisionsAndNotTheMachinery() {
        noClasses()
                .that()
                .resideInAPackage(packageOf("api"))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        packageOf("log"),
                        packageOf("engine"),
                        packageOf("shard"),
                        packageOf("front"),
                        packageOf("fleet"))
                .check(CLASSES);
    }

    @Test
    void timeAndChanceComeFromTheCompositionRoot() {
        noClasses()
                .that()
                .resideOutsideOfPackage(packageOf("server"))
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

    private static String packageOf(String module) {
        return "dev.keepsake." + module + "..";
    }
}
