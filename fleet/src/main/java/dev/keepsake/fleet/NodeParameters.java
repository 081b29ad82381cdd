package dev.keepsake.fleet;

import dev.keepsake.control.Parameter;
import dev.keepsake.front.ClientLimits;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/// Splits the parameters of a node into those of its engine and those of its front.
final class NodeParameters {
    private static final String POLICY = "maxmemory-policy";
    private static final String NO_EVICTION = "noeviction";

    private NodeParameters() {}

    /// The parameters that are directives of the engine.
    static Map<String, String> ofEngine(Map<String, String> all) {
        var ofEngine = new TreeMap<>(all);
        ofEngine.keySet().removeIf(Parameter::isOfFront);
        return ofEngine;
    }

    /// The limits of clients that the front's parameters give. A missing parameter, as in a group
    /// of an unknown family, has Redis's default.
    static ClientLimits ofFront(Map<String, String> all) {
        var standard = ClientLimits.STANDARD;
        return new ClientLimits(
                TimeUnit.SECONDS.toNanos(number(all, "timeout", standard.idleNs())),
                output(all, "normal", standard.clients()),
                output(all, "pubsub", standard.subscribers()),
                Math.toIntExact(number(all, "tcp-keepalive", standard.keepAliveSeconds())));
    }

    /// Whether a change of these parameters can switch eviction on or off.
    static boolean changeEviction(Map<String, String> some) {
        return some.containsKey(POLICY);
    }

    /// Whether an engine with these parameters evicts keys when its memory is full.
    static boolean evict(Map<String, String> all) {
        return !all.getOrDefault(POLICY, NO_EVICTION).equals(NO_EVICTION);
    }

    private static ClientLimits.Output output(
            Map<String, String> all, String kind, ClientLimits.Output standard) {
        String prefix = "client-output-buffer-limit-%s-".formatted(kind);
        return new ClientLimits.Output(
                number(all, prefix + "hard-limit", standard.hardBytes()),
                number(all, prefix + "soft-limit", standard.softBytes()),
                TimeUnit.SECONDS.toNanos(
                        number(
                                all,
                                prefix + "soft-seconds",
                                TimeUnit.NANOSECONDS.toSeconds(standard.softNs()))));
    }

    private static long number(Map<String, String> all, String name, long standard) {
        var value = all.get(name);
        return value == null ? standard : Long.parseLong(value);
    }
}
