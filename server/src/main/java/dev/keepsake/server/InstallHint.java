package dev.keepsake.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// How to install a maintained engine on a machine.
///
/// @param system the name of the system, such as `Debian GNU/Linux 12 (bookworm)`
/// @param command the command to run, or another instruction where no command installs one
/// @param also a further hint, or empty
public record InstallHint(String system, String command, String also) {
    private static final List<Path> OS_RELEASE =
            List.of(Path.of("/etc/os-release"), Path.of("/usr/lib/os-release"));

    /// The instruction for one kind of system.
    ///
    /// @param id its id in `os-release`, or the id that it is similar to; with its release where
    ///   that matters
    private record Way(String id, String command, String also) {
        Way(String id, String command) {
            this(id, command, "");
        }
    }

    private static final String SERVICE =
            "The package also starts a server on port 6379, which Keepsake does not use: sudo"
                    + " systemctl disable --now ";

    /// For releases without a usable package: Debian before bookworm and Ubuntu before 24.04 have
    /// Redis 6 at most, which is too old, and Ubuntu's packages in universe get no fixes there.
    private static final String NONE_PACKAGED =
            "no package of this release will do: upgrade the system, or build valkey-server from"
                    + " https://valkey.io/download";

    private static final String TOO_OLD =
            "Put what was built on the PATH, or name it with --engine. The redis-server of this"
                    + " release is of version 6 or older; 7.0 or newer is needed.";

    /// The first one that matches is used.
    private static final List<Way> WAYS =
            List.of(
                    new Way(
                            "debian bookworm",
                            "sudo apt update && sudo apt install redis-server",
                            "That is 7.0.15 with Debian's security updates; the newer valkey-server"
                                    + " of bookworm-backports has fewer of them. "
                                    + SERVICE
                                    + "redis-server"),
                    new Way("debian bullseye", NONE_PACKAGED, TOO_OLD),
                    new Way("debian buster", NONE_PACKAGED, TOO_OLD),
                    new Way(
                            "debian",
                            "sudo apt update && sudo apt install valkey-server",
                            SERVICE + "valkey-server"),
                    new Way("ubuntu jammy", NONE_PACKAGED, TOO_OLD),
                    new Way("ubuntu focal", NONE_PACKAGED, TOO_OLD),
                    new Way("ubuntu bionic", NONE_PACKAGED, TOO_OLD),
                    new Way(
                            "ubuntu",
                            "sudo apt update && sudo apt install valkey-server",
                            SERVICE + "valkey-server"),
                    new Way("fedora", "sudo dnf install valkey"),
                    new Way("alpine", "sudo apk add valkey"),
                    new Way("arch", "sudo pacman -S valkey"),
                    new Way("macos", "brew install valkey"));

    private static final Way ANY =
            new Way(
                    "",
                    "install valkey-server or redis-server of a current version",
                    "https://valkey.io/download has them. Put it on the PATH, or name it with"
                            + " --engine.");

    /// The hint for this machine.
    public static InstallHint here() {
        return of(System.getProperty("os.name"), osRelease());
    }

    /// The hint for another machine.
    ///
    /// @param osName the system's name in Java
    /// @param osRelease the content of its `os-release`, if it has one
    static InstallHint of(String osName, Map<String, String> osRelease) {
        if (osName.startsWith("Mac")) {
            return of(osName, List.of("macos"));
        }
        var id = osRelease.getOrDefault("ID", "");
        var ids =
                Stream.concat(
                                Stream.of(
                                        id + " " + osRelease.getOrDefault("VERSION_CODENAME", ""),
                                        // Mint and others are based on a release of Ubuntu.
                                        "ubuntu " + osRelease.getOrDefault("UBUNTU_CODENAME", ""),
                                        "debian " + osRelease.getOrDefault("DEBIAN_CODENAME", ""),
                                        // Raspbian and others use Debian's names of releases.
                                        "debian " + osRelease.getOrDefault("VERSION_CODENAME", ""),
                                        id),
                                Stream.of(osRelease.getOrDefault("ID_LIKE", "").split(" ", -1)))
                        .toList();
        return of(osRelease.getOrDefault("PRETTY_NAME", osName), ids);
    }

    private static InstallHint of(String system, List<String> ids) {
        var way =
                ids.stream()
                        .flatMap(id -> WAYS.stream().filter(each -> each.id().equals(id)))
                        .findFirst()
                        .orElse(ANY);
        return new InstallHint(system, way.command(), way.also());
    }

    private static Map<String, String> osRelease() {
        for (var file : OS_RELEASE) {
            try {
                return parse(Files.readAllLines(file));
            } catch (IOException _) {
                // another file may exist, or none
            }
        }
        return Map.of();
    }

    /// Parses lines of `NAME=value`. The value may be in quotes.
    static Map<String, String> parse(List<String> lines) {
        var values = new HashMap<String, String>();
        for (var line : lines) {
            int equals = line.indexOf('=');
            if (equals > 0) {
                var value = line.substring(equals + 1).strip();
                values.put(
                        line.substring(0, equals).strip(), value.replaceAll("^[\"']|[\"']$", ""));
            }
        }
        return values;
    }
}
