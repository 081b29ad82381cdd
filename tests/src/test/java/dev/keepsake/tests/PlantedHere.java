package dev.keepsake.tests;

/// Half of a circle of classes, for [ClassCyclesTest]: only what is nested here knows the other.
final class PlantedHere {
    private PlantedHere() {}

    static int ofThere(PlantedThere.Part part) {
        return part.number();
    }

    static int ofPart() {
        return new Part(1).twice();
    }

    /// Depends on the class that it is in, as that does on it, which is no circle.
    record Part(int number) {
        int twice() {
            return 2 * ofThere(new PlantedThere.Part(number));
        }
    }
}
