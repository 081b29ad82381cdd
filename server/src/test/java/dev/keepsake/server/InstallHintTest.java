package dev.keepsake.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InstallHintTest {
    @ParameterizedTest
    @CsvSource({
        "Linux, debian, bookworm, , sudo apt update && sudo apt install redis-server",
        "Linux, debian, trixie, , sudo apt update && sudo apt install valkey-server",
        "Linux, ubuntu, noble, debian, sudo apt update && sudo apt install valkey-server",
        "Linux, linuxmint, wilma, ubuntu debian, sudo apt update && sudo apt install valkey-server",
        "Linux, raspbian, bookworm, debian, sudo apt update && sudo apt install redis-server",
        "Linux, raspbian, trixie, debian, sudo apt update && sudo apt install valkey-server",
        "Linux, fedora, , , sudo dnf install valkey",
        "Linux, rocky, , rhel centos fedora, sudo dnf install valkey",
        "Linux, alpine, , , sudo apk add valkey",
        "Linux, manjaro, , arch, sudo pacman -S valkey",
        "Mac OS X, , , , brew install valkey",
        "Linux, plan10, , , install valkey-server or redis-server of a current version",
    })
    void everySystemHasACommand(
            String osName,
            @Nullable String id,
            @Nullable String codename,
            @Nullable String like,
            String command) {
        var release = new HashMap<String, String>();
        putUnlessNull(release, "ID", id);
        putUnlessNull(release, "VERSION_CODENAME", codename);
        putUnlessNull(release, "ID_LIKE", like);
        assertThat(InstallHint.of(osName, release).command()).isEqualTo(command);
    }

    /// There Redis is of version 6, and Valkey is not at all.
    @ParameterizedTest
    @CsvSource({
        "debian, bullseye, ",
        "debian, buster, ",
        "ubuntu, jammy, jammy",
        "ubuntu, focal, focal",
        "linuxmint, vera, jammy",
        "raspbian, bullseye, ",
    })
    void whereNoPackageHelpsNoneIsNamed(
            String id, String codename, @Nullable String ubuntuCodename) {
        var release = new HashMap<>(Map.of("ID", id, "VERSION_CODENAME", codename));
        release.put("ID_LIKE", "ubuntu debian");
        putUnlessNull(release, "UBUNTU_CODENAME", ubuntuCodename);
        var hint = InstallHint.of("Linux", release);
        assertThat(hint.command())
                .startsWith("no package of this release will do")
                .contains("https://valkey.io/download")
                .doesNotContain("apt");
        assertThat(hint.also()).contains("--engine", "7.0 or newer");
    }

    @Test
    void whatIsBuiltOnAnotherReleaseHasItsPackages() {
        var mint =
                Map.of(
                        "ID", "linuxmint",
                        "ID_LIKE", "ubuntu debian",
                        "VERSION_CODENAME", "wilma",
                        "UBUNTU_CODENAME", "noble");
        assertThat(InstallHint.of("Linux", mint).command()).endsWith("apt install valkey-server");
        var lmde =
                Map.of(
                        "ID", "linuxmint",
                        "ID_LIKE", "debian",
                        "VERSION_CODENAME", "faye",
                        "DEBIAN_CODENAME", "bookworm");
        assertThat(InstallHint.of("Linux", lmde).command()).endsWith("apt install redis-server");
    }

    private static void putUnlessNull(
            Map<String, String> release, String name, @Nullable String value) {
        if (value != null) {
            release.put(name, value);
        }
    }

    @Test
    void valuesMayStandInQuotes() {
        assertThat(
                        InstallHint.parse(
                                List.of(
                                        "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"",
                                        "# a comment",
                                        "",
                                        "ID=debian",
                                        "VERSION_CODENAME='bookworm'")))
                .isEqualTo(
                        Map.of(
                                "PRETTY_NAME", "Debian GNU/Linux 12 (bookworm)",
                                "ID", "debian",
                                "VERSION_CODENAME", "bookworm"));
    }

    @Test
    void theSystemIsCalledWhatItCallsItself() {
        var hint =
                InstallHint.of(
                        "Linux", Map.of("ID", "fedora", "PRETTY_NAME", "Fedora Linux 42 (Server)"));
        assertThat(hint.system()).isEqualTo("Fedora Linux 42 (Server)");
        assertThat(InstallHint.of("FreeBSD", Map.of()).system()).isEqualTo("FreeBSD");
    }
}
