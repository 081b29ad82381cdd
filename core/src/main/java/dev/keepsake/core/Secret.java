package dev.keepsake.core;

/// A password or key that never shows itself: whatever logs, formats or compares a record that
/// holds one sees `***`.
///
/// @param value the secret itself
public record Secret(String value) {
    @Override
    public String toString() {
        return "***";
    }
}
