package dev.keepsake.engine;

import static dev.keepsake.core.Checks.checkArgument;
import static java.util.stream.Collectors.joining;

import dev.keepsake.resp.RespValue;
import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;

/// The facts that the examination of an engine program found. Immutable.
///
/// @param binary the program
/// @param sha256 the SHA-256 of the program's file, 64 hexadecimal digits; if the program is a
///   script that starts the real one, that of the script
/// @param commands its reply to `COMMAND` in RESP2: one item for each command
/// @param rdbVersion the version of its dumps; it reads this and older ones
/// @param holes the known holes that it has
/// @param undecided the known holes that could not be decided: it did not answer in time, or
///   another process ended it
/// @param said its description of itself
public record EngineFacts(
        EngineBinary binary,
        String sha256,
        RespValue.ArrayReply commands,
        int rdbVersion,
        Set<KnownHole> holes,
        Set<KnownHole> undecided,
        SelfDescription said) {
    /// Facts without a description.
    public EngineFacts(
            EngineBinary binary,
            String sha256,
            RespValue.ArrayReply commands,
            int rdbVersion,
            Set<KnownHole> holes,
            Set<KnownHole> undecided) {
        this(binary, sha256, commands, rdbVersion, holes, undecided, SelfDescription.NONE);
    }

    public EngineFacts {
        checkArgument(
                Collections.disjoint(holes, undecided),
                "holes of %s are both found and undecided: %s",
                binary,
                undecided);
        holes = Set.copyOf(holes);
        undecided = Set.copyOf(undecided);
    }

    /// Whether it is sound: examined, and without any of the known holes.
    public boolean isSound() {
        return holes.isEmpty() && undecided.isEmpty();
    }

    /// The numbers of its holes, in order: `CVE-2024-31449, CVE-2025-46817`.
    public String cves() {
        return cves(holes);
    }

    /// The numbers of the holes that could not be decided, in order.
    public String undecidedCves() {
        return cves(undecided);
    }

    private static String cves(Set<KnownHole> some) {
        return some.stream().map(KnownHole::cve).sorted().collect(joining(", "));
    }

    /// The names of its commands. Their order differs from start to start.
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

    /// Its version, with the stage if it is not a release: `9.0.0-rc1`. Valkey reports the stage in
    /// INFO, but not with `--version`.
    public String version() {
        return said.versionOf(binary);
    }
}
