package dev.keepsake.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class EnginesTest {
    private static EngineBinary engine(String name, String version) {
        return new EngineBinary(Path.of("/" + name + version), name, version);
    }

    @ParameterizedTest
    @CsvSource({
        "redis,  7.0, redis,  7.0.15",
        "redis,  7.1, redis,  7.0.15",
        "redis,  6.2, redis,  7.0.15",
        "valkey, 7.2, valkey, 7.2.6",
        "valkey, 7.3, valkey, 7.2.6",
        "valkey, 7.9, valkey, 7.2.6",
        "valkey, 8.0, valkey, 8.1.0",
    })
    void theNameCountsBeforeTheVersionAndThenTheNearest(
            String name, String version, String chosenName, String chosenVersion) {
        var engines =
                new Engines(
                        List.of(
                                engine("valkey", "8.1.0"),
                                engine("redis", "7.4.2"),
                                engine("redis", "7.0.15"),
                                engine("valkey", "7.2.6")));
        assertThat(engines.nearest(name, version)).isEqualTo(engine(chosenName, chosenVersion));
    }

    @ParameterizedTest
    @CsvSource({"redis, 7.1, 7.2.4", "redis, 7.0, 7.0.15", "valkey, 7.2, 7.2.4"})
    void theNewerIsTakenOfTwoAsNearAndAnotherNameWhenThereIsNone(
            String name, String version, String chosenVersion) {
        var engines = new Engines(List.of(engine("redis", "7.0.15"), engine("redis", "7.2.4")));
        assertThat(engines.nearest(name, version)).isEqualTo(engine("redis", chosenVersion));
    }
}
