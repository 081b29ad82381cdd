package dev.keepsake.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.control.ControlPlane;
import dev.keepsake.control.ControlState;
import dev.keepsake.front.ClientLimits;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NodeParametersTest {
    @Test
    void whatIsOfTheFrontIsNotTheEngines() {
        var all = new TreeMap<String, String>();
        all.put("maxmemory-policy", "noeviction");
        all.put("activerehashing", "yes");
        all.put("timeout", "20");
        all.put("tcp-keepalive", "60");
        all.put("client-output-buffer-limit-normal-hard-limit", "5");
        all.put("client-output-buffer-limit-normal-soft-limit", "4");
        all.put("client-output-buffer-limit-normal-soft-seconds", "3");
        all.put("client-output-buffer-limit-pubsub-hard-limit", "2");
        all.put("client-output-buffer-limit-pubsub-soft-limit", "1");
        all.put("client-output-buffer-limit-pubsub-soft-seconds", "0");
        assertThat(NodeParameters.ofEngine(all))
                .isEqualTo(Map.of("maxmemory-policy", "noeviction", "activerehashing", "yes"));
        assertThat(NodeParameters.ofFront(all))
                .isEqualTo(
                        new ClientLimits(
                                TimeUnit.SECONDS.toNanos(20),
                                new ClientLimits.Output(5, 4, TimeUnit.SECONDS.toNanos(3)),
                                new ClientLimits.Output(2, 1, 0),
                                60));
    }

    /// The families' defaults are those of Redis.
    @ParameterizedTest
    @ValueSource(strings = {"memorydb_redis6", "memorydb_redis7", "memorydb_valkey7"})
    void theDefaultsOfAFamilyAreTheStandard(String family) {
        var plane = new ControlPlane(new ControlState());
        var values = new HashMap<String, String>();
        var group = "default." + family.replace('_', '-');
        plane.parameters()
                .describeParameters("us-east-1", group, null, null)
                .items()
                .forEach(setting -> {
                    if (setting.value() != null) {
                        values.put(setting.parameter().name(), setting.value());
                    }
                });
        assertThat(NodeParameters.ofFront(values)).isEqualTo(ClientLimits.STANDARD);
        assertThat(values).containsKeys("timeout", "tcp-keepalive");
    }
}
