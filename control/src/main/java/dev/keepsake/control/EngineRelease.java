package dev.keepsake.control;

/// An engine's name and version, as recorded. The engine need not be installed.
///
/// @param engine `redis` or `valkey`
/// @param patchVersion such as `7.0.15`
public record EngineRelease(String engine, String patchVersion) {
    /// The release as text, such as `valkey 8.0.1`.
    @Override
    public String toString() {
        return engine + " " + patchVersion;
    }
}
