package dev.keepsake.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A file that a process runs, a program or a library, as it was at some time: whoever puts another
/// one in its place, or other bytes into it, changes its size or the time of its last change, which
/// nobody can set back.
///
/// @param path where it is, absolute
/// @param sizeBytes how large it was
/// @param changedNs when it was changed last (`ctime`), in nanoseconds since 1970
record ProgramFile(Path path, long sizeBytes, long changedNs) {
    private static final Path PROCESSES = Path.of("/proc");
    private static final int FILES_MAX = 200;

    // "7f0b64a00000-7f0b64a26000 r-xp 00000000 fe:01 3146130    /usr/lib/libc.so.6"
    private static final Pattern MAPPED = Pattern.compile("\\S+ ..x. \\S+ \\S+ \\d+ +(/.*)");

    static ProgramFile of(Path path) throws IOException {
        var changed = (FileTime) Files.getAttribute(path, "unix:ctime");
        return new ProgramFile(path, Files.size(path), changed.to(TimeUnit.NANOSECONDS));
    }

    /// Whether it is there, and nobody has changed it since.
    boolean isUnchanged() {
        try {
            return of(path).equals(this);
        } catch (IOException _) {
            return false; // it is gone
        }
    }

    /// All files that a process runs code of. Linux tells; elsewhere there are none.
    ///
    /// @return empty when one of them has been removed or replaced since, so that what the process
    ///   runs is no longer there to be looked at, or when it has ended
    static Optional<List<ProgramFile>> mappedBy(long pid) {
        if (!Files.isDirectory(PROCESSES.resolve("self"))) {
            return Optional.of(List.of());
        }
        var maps = PROCESSES.resolve(Long.toString(pid)).resolve("maps");
        var files = new ArrayList<ProgramFile>();
        try {
            for (var path : paths(Files.readAllLines(maps))) {
                files.add(of(path));
            }
        } catch (IOException _) {
            return Optional.empty();
        }
        return files.isEmpty() || files.size() > FILES_MAX ? Optional.empty() : Optional.of(files);
    }

    /// The path of a removed one ends with `(deleted)`, so there is none of that name.
    private static List<Path> paths(List<String> maps) {
        return maps.stream()
                .map(MAPPED::matcher)
                .filter(Matcher::matches)
                .map(line -> Path.of(line.group(1)))
                .distinct()
                .toList();
    }
}
