package dev.keepsake.tests;

/// The other half of the circle that [PlantedHere] begins.
final class PlantedThere {
    private PlantedThere() {}

    /// Nested, so that a search that looks at nested classes alone finds no circle.
    record Part(int number) {
        static int ofHere() {
            return new PlantedHere.Part(1).twice();
        }
    }
}
