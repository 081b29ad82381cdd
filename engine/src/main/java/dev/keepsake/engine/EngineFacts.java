package dev.keepsake.engine;

import static dev.keepsake.core.Checks.checkArgument;
import static java.util.stream.Collectors.joining;

import dev.keepsake.resp.RespValue;
import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;

/// What an engine program said and did when it was examined. Immutable.
///
/// @param binary the program
/// @param sha256 of the program's file, 64 hexadecimal digits: of the script where the program is
///   one that starts the real one
/// @param commands its reply to `COMMAND`, in RESP2: one item for each command
/// @param rdbVersion the version of what it dumps; it reads that and older ones
/// @param holes those that it was seen to have
/// @param untold those of which nobody knows whether it has them: it did not answer in time, or was
///   ended by somebody else
/// @param said who it said that it is
public record EngineFacts(
        EngineBinary binary,
        String sha256,
        RespValue.ArrayReply commands,
        int rdbVersion,
        Set<KnownHole> holes,
        Set<KnownHole> untold,
        SelfDescription said) {
    /// Of one that has not said who it is.
    public EngineFacts(
            EngineBinary binary,
            String sha256,
            RespValue.ArrayReply commands,
            int rdbVersion,
            Set<KnownHole> holes,
            Set<KnownHole> untold) {
        this(binary, sha256, commands, rdbVersion, holes, untold, SelfDescription.NONE);
    }

    public EngineFacts {
        checkArgument(
                Collections.disjoint(holes, untold), "%s is told and is not: %s", binary, untold);
        holes = Set.copyOf(holes);
        untold = Set.copyOf(untold);
    }

    /// Whether it was seen to have none of the known holes.
    public boolean isSound() {
        return holes.isEmpty() && untold.isEmpty();
    }

    /// The numbers of its holes in order: `CVE-2024-31449, CVE-2025-46817`.
    public String cves() {
        return cves(holes);
    }

    /// The numbers of those that it may have, in order.
    public String untoldCves() {
        return cves(untold);
    }

    private static String cves(Set<KnownHole> some) {
        return some.stream().map(KnownHole::cve).sorted().collect(joining(", "));
    }

    /// The names of its commands. It lists them in another order each time that it is started.
    public Set<String> commandNames() {
        var names = new TreeSet<String>();
        for (var command : commands.items()) {
            if (command instanceof RespValue.ArrayReply described
                    && !described.items().isEmpty()
                    && described.items().getFirst() instanceof RespValue.Bulk name) {
                names.add(name.utf8());
            }
        }
        return names;
    }

    /// Its version, with the stage of its release where that is none: `9.0.0-rc1`. Valkey says that
    /// in INFO and not with `--version`.
    public String version() {
        return said.versionOf(binary);
    }
}
