package dev.keepsake.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SelfDescriptionTest {
    private static SelfDescription said(String stage, String build, int process) {
        return SelfDescription.parse(
                """
                # Server\r
                redis_version:7.2.4\r
                server_name:valkey\r
                valkey_version:9.0.0\r
                valkey_release_stage:%s\r
                redis_git_sha1:00000000\r
                redis_git_dirty:0\r
                redis_build_id:%s\r
                process_id:%d\r
                uptime_in_seconds:%d\r
                """
                        .formatted(stage, build, process, process));
    }

    @Test
    void itIsTheSameForEachProcessOfAProgramAndAnotherForEachBuild() {
        assertThat(said("ga", "a1", 1)).isEqualTo(said("ga", "a1", 2));
        assertThat(said("ga", "a1", 1)).isNotEqualTo(said("ga", "b2", 1));
        assertThat(said("ga", "a1", 1)).isNotEqualTo(said("rc1", "a1", 1));
        assertThat(said("ga", "a1", 1)).hasToString("9.0.0 of build a1");
    }

    @ParameterizedTest
    @CsvSource({
        "ga, 9.0.0, 9.0.0",
        "rc1, 9.0.0, 9.0.0-rc1",
        "rc1, 9.0.0-rc1, 9.0.0-rc1", // should --version say it one day
        "dev, 255.255.255, 255.255.255-dev",
        "whatever, 9.0.0, 9.0.0",
    })
    void theStageOfAReleaseBelongsToItsVersion(String stage, String version, String expected) {
        var binary = new EngineBinary(Path.of("/usr/bin/valkey-server"), "valkey", version);
        assertThat(said(stage, "a1", 1).versionOf(binary)).isEqualTo(expected);
        assertThat(SelfDescription.NONE.versionOf(binary)).isEqualTo(version);
    }
}
