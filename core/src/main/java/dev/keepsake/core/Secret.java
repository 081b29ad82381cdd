package dev.keepsake.core;

/// A password or key that is never printed: wherever a record that holds one is logged or
/// formatted, `***` appears in its place.
///
/// @param value the secret itself
public record Secret(String value) {
    @Override
    public String toString() {
        return "***";
    }
}
