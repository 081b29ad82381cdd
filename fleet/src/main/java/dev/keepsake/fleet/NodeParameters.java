package dev.keepsake.fleet;

import dev.keepsake.control.Parameter;
import dev.keepsake.front.ClientLimits;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/// The parameters of a node, told apart: some are its engine's, some its front's.
final class NodeParameters {
    private static final String POLICY = "maxmemory-policy";
    private static final String NO_EVICTION = "noeviction";

    private NodeParameters() {}

    /// Those that are directives of the engine.
    static Map<String, String> ofEngine(Map<String, String> all) {
        var ofEngine = new TreeMap<>(all);
        ofEngine.keySet().removeIf(Parameter::isOfFront);
        return ofEngine;
    }

    /// What those of the front come to. One that is missing, as in a group of no family that this
    /// build knows, is Redis's default.
    static ClientLimits ofFront(Map<String, String> all) {
        var standard = ClientLimits.STANDARD;
        return new ClientLimits(
                TimeUnit.SECONDS.toNanos(number(all, "timeout", standard.idleNs())),
                output(all, "normal", standard.clients()),
                output(all, "pubsub", standard.subscribers()),
                Math.toIntExact(number(all, "tcp-keepalive", standard.keepAliveSeconds())));
    }

    /// Whether such a change makes an engine begin or end to evict.
    static boolean changeEviction(Map<String, String> some) {
        return some.containsKey(POLICY);
    }

    /// Whether an engine deletes keys when its memory is full.
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
