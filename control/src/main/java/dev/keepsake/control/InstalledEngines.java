package dev.keepsake.control;

/// Which engines carry out the versions that clusters ask for. Any thread; never blocks.
public interface InstalledEngines {
    /// An engine of this machine.
    ///
    /// @param engine `redis` or `valkey`
    /// @param patchVersion such as `7.0.15`
    /// @param knownHoles the numbers of those that it was seen to have, such as `CVE-2024-31449,
    ///   CVE-2025-46817`, or nothing
    record Installed(String engine, String patchVersion, String knownHoles) {
        /// One without known holes.
        public Installed(String engine, String patchVersion) {
            this(engine, patchVersion, "");
        }

        /// Whether it is what a cluster has asked for, and not only near to it.
        public boolean is(String wanted, String version) {
            return engine.equals(wanted) && patchVersion.startsWith(version + ".");
        }
    }

    /// What a cluster runs on that asks for this.
    Installed nearest(String engine, String version);

    /// A machine that has only one.
    static InstalledEngines only(String engine, String patchVersion) {
        var installed = new Installed(engine, patchVersion);
        return (wanted, version) -> installed;
    }
}
