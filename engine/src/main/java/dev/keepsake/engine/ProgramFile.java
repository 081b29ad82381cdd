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

/// A file whose code a process runs, a program or a library, as it was at one time. Replacing the
/// file or its bytes changes its size or the time of its last change, which no program can set
/// back.
///
/// @param path the path, absolute
/// @param sizeBytes the size
/// @param changedNs the time of the last change (`ctime`), in nanoseconds since 1970
record ProgramFile(Path path, long sizeBytes, long changedNs) {
    private static final Path PROCESSES = Path.of("/proc");
    private static final int FILES_MAX = 200;

    // "7f0b64a00000-7f0b64a26000 r-xp 00000000 fe:01 3146130    /usr/lib/libc.so.6"
    private static final Pattern MAPPED = Pattern.compile("\\S+ ..x. \\S+ \\S+ \\d+ +(/.*)");

    static ProgramFile of(Path path) throws IOException {
        var changed = (FileTime) Files.getAttribute(path, "unix:ctime");
        return new ProgramFile(path, Files.size(path), changed.to(TimeUnit.NANOSECONDS));
    }

    /// Whether the file exists and has not changed since.
    boolean isUnchanged() {
        try {
            return of(path).equals(this);
        } catch (IOException _) {
            return false; // removed
        }
    }

    /// All files whose code a process runs. Known on Linux only; elsewhere the list is empty.
    ///
    /// @return empty when one of the files has been removed or replaced, so that it can no longer
    ///   be looked at, and when the process has ended
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

    /// The paths in the maps. The path of a removed file ends with `(deleted)`, so no file has that
    /// name.
    private static List<Path> paths(List<String> maps) {
        return maps.stream()
                .map(MAPPED::matcher)
                .filter(Matcher::matches)
                .map(line -> Path.of(line.group(1)))
                .distinct()
                .toList();
    }
}
