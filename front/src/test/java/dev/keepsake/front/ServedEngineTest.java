package dev.keepsake.front;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// An engine as clients see it, by its name and version.
class ServedEngineTest {
    private static ServedEngine engine(String name, String version) {
        return new ServedEngine(name, version, Commands.TABLE);
    }

    /// Redis 7.4 and Valkey 8.0 have what `isSince(7, 4, 8, 0)` asks for.
    @ParameterizedTest
    @CsvSource({
        "redis, 7.0.15, false",
        "redis, 7.2.4, false",
        "redis, 7.4.0, true",
        "redis, 7.10.0, true",
        "redis, 8.0.2, true",
        "redis, 7.4-rc1, true",
        "valkey, 7.2.8, false",
        "valkey, 8.0.1, true",
        "valkey, 10.0.0, true",
        "redis, unstable, false",
        "redis, 7, false"
    })
    void redisAndValkeyVersionsAreComparedSeparately(String name, String version, boolean since) {
        assertThat(engine(name, version).isSince(7, 4, 8, 0)).isEqualTo(since);
    }

    @Test
    void onlyValkeyIsComparedWithVersionsOfValkey() {
        assertThat(engine("redis", "99.0.0").isValkeySince(8, 1)).isFalse();
        assertThat(engine("valkey", "8.1.1").isValkeySince(8, 1)).isTrue();
        assertThat(engine("valkey", "8.0.9").isValkeySince(8, 1)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"redis, 7.0.15, redis", "valkey, 7.2.8, redis", "valkey, 8.0.1, valkey"})
    void helloNamesTheProgramAsItNamesItself(String name, String version, String inHello) {
        assertThat(engine(name, version).nameInHello()).isEqualTo(inHello);
    }

    /// Clients read `redis_version` to know which commands they may give.
    @Test
    void infoHasARedisVersionForClientsOfRedis() {
        assertThat(engine("redis", "7.0.15").versionInfo())
                .isEqualTo("redis_version:7.0.15\r\nredis_mode:cluster\r\n");
        assertThat(engine("valkey", "8.1.1").versionInfo().lines())
                .containsExactly(
                        "redis_version:7.2.4",
                        "server_name:valkey",
                        "valkey_version:8.1.1",
                        "server_mode:cluster");
        assertThat(engine("valkey", "7.2.8").versionInfo()).contains("redis_mode:cluster\r\n");
    }
}
