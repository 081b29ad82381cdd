package dev.keepsake.engine;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

/// The criteria by which a program is still the examined one.
///
/// @param files the program's file and, on Linux, all other files whose code the examined process
///   ran
/// @param said the description that the process gave of itself
record ProgramIdentity(List<ProgramFile> files, SelfDescription said) {
    ProgramIdentity {
        files = List.copyOf(files);
    }

    /// The first file that has changed since.
    Optional<ProgramFile> changedFile() {
        return files.stream().filter(file -> !file.isUnchanged()).findFirst();
    }

    /// The difference between a just started engine and the examined program, for messages; empty
    /// when there is none. The files are compared after the start, so files that have not changed
    /// since the examination are those that the engine runs.
    Optional<String> differenceOf(Engine running) throws IOException {
        var saysNow = SelfDescription.of(running);
        if (!saysNow.equals(said)) {
            return Optional.of("it says that it is %s, and was %s".formatted(saysNow, said));
        }
        return changedFile().map(file -> file.path() + " was replaced or changed");
    }
}
