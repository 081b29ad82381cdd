package dev.keepsake.control;

/// An engine by its name and version, as it is recorded: whether there is one here is another
/// question.
///
/// @param engine `redis` or `valkey`
/// @param patchVersion such as `7.0.15`
public record EngineRelease(String engine, String patchVersion) {
    /// Such as `valkey 8.0.1`.
    @Override
    public String toString() {
        return engine + " " + patchVersion;
    }
}
