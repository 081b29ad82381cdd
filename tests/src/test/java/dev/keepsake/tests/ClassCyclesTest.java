package dev.keepsake.tests;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ClassCyclesTest {
    @Test
    void aCircleOfTwoClassesIsFoundThroughTheirNestedClasses() {
        var classes =
                new ClassFileImporter()
                        .importClasses(
                                PlantedHere.class,
                                PlantedHere.Part.class,
                                PlantedThere.class,
                                PlantedThere.Part.class);
        assertThat(ClassCycles.in(classes, "dev.keepsake.tests"))
                .containsExactly(Set.of("PlantedHere", "PlantedThere"));
    }

    @Test
    void aClassAndItsOwnPartsAreNoCircle() {
        var classes =
                new ClassFileImporter().importClasses(PlantedHere.class, PlantedHere.Part.class);
        assertThat(ClassCycles.in(classes, "dev.keepsake.tests")).isEmpty();
    }

    @Test
    void classesOfOtherPackagesDoNotCount() {
        var classes = new ClassFileImporter().importClasses(PlantedHere.class, PlantedThere.class);
        assertThat(ClassCycles.in(classes, "dev.keepsake.control")).isEmpty();
    }

    @Test
    void twoCirclesThatShareAClassAreOne() {
        assertThat(
                        ClassCycles.of(
                                Map.of(
                                        "a", Set.of("b"),
                                        "b", Set.of("a", "c"),
                                        "c", Set.of("d"),
                                        "d", Set.of("b"))))
                .containsExactly(Set.of("a", "b", "c", "d"));
    }

    @Test
    void circlesThatOnlyOneArrowJoinsAreTwoAndTheLargestComesFirst() {
        assertThat(
                        ClassCycles.of(
                                Map.of(
                                        "a", Set.of("b"),
                                        "b", Set.of("a", "c"),
                                        "c", Set.of("d"),
                                        "d", Set.of("e"),
                                        "e", Set.of("c"))))
                .containsExactly(Set.of("c", "d", "e"), Set.of("a", "b"));
    }

    @Test
    void manyWaysToTheSamePlaceAreNoCircle() {
        assertThat(
                        ClassCycles.of(
                                Map.of(
                                        "a", Set.of("b", "c", "d"),
                                        "b", Set.of("d"),
                                        "c", Set.of("b", "d"),
                                        "d", Set.of())))
                .isEmpty();
    }
}
