package dev.keepsake.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.time.Instant;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class EngineListingTest {
    private static final InstalledEngines REDIS_7_0 = InstalledEngines.only("redis", "7.0.15");

    @Test
    void withExactVersionsOnlyThoseAreListedThatAClusterMayAskFor() {
        var plane = new ControlPlane(new ControlState(), 0, REDIS_7_0, true, StatusPace.INSTANT);
        var listed = plane.describeEngineVersions(null, null, null, false, null, null).items();
        assertThat(listed).containsExactly(new EngineVersions("redis", "7.0"));
        for (String version : new String[] {"6.2", "7.0", "7.1"}) {
            if (version.equals("7.0")) {
                create(plane, version);
            } else {
                assertThatExceptionOfType(ApiException.class)
                        .isThrownBy(() -> create(plane, version));
            }
        }
    }

    @Test
    void otherwiseAllAre() {
        var plane = new ControlPlane(new ControlState(), 0, REDIS_7_0, false, StatusPace.INSTANT);
        var listed = plane.describeEngineVersions(null, null, null, false, null, null).items();
        assertThat(listed).hasSize(5).contains(new EngineVersions("valkey", "7.3"));
    }

    private static void create(ControlPlane plane, String version) {
        plane.createCluster(
                Create.with(create -> create.engineVersion = version),
                "us-east-1",
                Instant.EPOCH,
                new SplittableRandom(1));
    }
}
