package dev.keepsake.control;

/// Chooses the installed engine for a version that a cluster requests. Any thread; never blocks.
public interface InstalledEngines {
    /// An installed engine.
    ///
    /// @param engine `redis` or `valkey`
    /// @param patchVersion such as `7.0.15`
    /// @param knownHoles the numbers of the holes that the examination found in it, such as
    ///   `CVE-2024-31449, CVE-2025-46817`; empty when it is sound
    record Installed(String engine, String patchVersion, String knownHoles) {
        /// An engine without known holes.
        public Installed(String engine, String patchVersion) {
            this(engine, patchVersion, "");
        }

        /// Whether it has the requested engine name and version, and is not only near to it.
        public boolean is(String wanted, String version) {
            return engine.equals(wanted) && patchVersion.startsWith(version + ".");
        }
    }

    /// The engine on which a cluster runs that requests this version.
    Installed nearest(String engine, String version);

    /// A machine on which only this engine is installed.
    static InstalledEngines only(String engine, String patchVersion) {
        var installed = new Installed(engine, patchVersion);
        return (wanted, version) -> installed;
    }
}
