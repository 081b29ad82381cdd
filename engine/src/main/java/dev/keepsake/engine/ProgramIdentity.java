package dev.keepsake.engine;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

/// What tells whether a program is still the one that was examined.
///
/// @param files the program's own and, on Linux, all others that the examined process ran code of
/// @param said what that process said of itself
record ProgramIdentity(List<ProgramFile> files, SelfDescription said) {
    ProgramIdentity {
        files = List.copyOf(files);
    }

    /// The first file that is another one now.
    Optional<ProgramFile> changedFile() {
        return files.stream().filter(file -> !file.isUnchanged()).findFirst();
    }

    /// What is different with an engine that was started a moment ago, for people. The files are
    /// looked at behind its start: what has been there since the examination is what it runs.
    Optional<String> differenceOf(Engine running) throws IOException {
        var saysNow = SelfDescription.of(running);
        if (!saysNow.equals(said)) {
            return Optional.of("it says that it is %s, and was %s".formatted(saysNow, said));
        }
        return changedFile().map(file -> file.path() + " was replaced or changed");
    }
}
