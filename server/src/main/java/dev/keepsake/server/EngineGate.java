package dev.keepsake.server;

import static java.util.stream.Collectors.joining;

import dev.keepsake.core.AddressBlock;
import dev.keepsake.engine.EngineRule;
import dev.keepsake.engine.Engines;
import dev.keepsake.fleet.EnginePlan;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Decides which engines of the machine a server runs clusters on. If only this machine can reach
/// the nodes, all engines are allowed, with a warning for those that new clusters would get and
/// that are not sound. If other machines can reach the nodes, or the user wants it, only sound
/// engines are allowed.
final class EngineGate {
    private static final Logger LOG = LoggerFactory.getLogger(EngineGate.class);

    private final EngineRule rule;

    EngineGate(EngineRule rule) {
        this.rule = rule;
    }

    /// The gate for a server's settings.
    static EngineGate of(ServerConfig config) {
        return new EngineGate(new EngineRule(whyOnlySound(config), InstallHint.here().command()));
    }

    /// The rule of this gate, for later decisions.
    EngineRule rule() {
        return rule;
    }

    private static Optional<String> whyOnlySound(ServerConfig config) {
        if (config.tuning().strictEngines()) {
            return Optional.of("--strict-engines was given");
        }
        var block = config.nodeAddresses();
        if (block != null && !isLoopback(block)) {
            return Optional.of(
                    "--node-addresses is %s, which others than this machine may reach"
                            .formatted(block));
        }
        return isLoopback(config.apiHost())
                ? Optional.empty()
                : Optional.of(
                        "nodes listen on %s, which others than this machine may reach"
                                .formatted(config.apiHost()));
    }

    private static boolean isLoopback(AddressBlock block) {
        return isLoopback(block.address(0)) && isLoopback(block.address(block.size() - 1));
    }

    private static boolean isLoopback(String address) {
        try {
            return InetAddress.getByName(address).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false;
        }
    }

    /// Separates the excluded engines from the others. At least one is left.
    ///
    /// @param found the engines with their facts
    /// @throws StartException when none is left; the message says the way out
    Engines admit(Engines found) throws StartException {
        var admitted = rule.applyTo(found);
        if (admitted.all().isEmpty()) {
            boolean allHaveHoles = found.all().stream().allMatch(found::hasHoles);
            throw new StartException(
                    "%s, and %s: %s. Get a better one: %s; './keepsake engine' tells more%s"
                            .formatted(
                                    rule.onlySoundBecause().orElse("none is sound"),
                                    allHaveHoles
                                            ? "every engine here has known holes"
                                            : "no engine here is known to have no holes",
                                    admitted.excluded().entrySet().stream()
                                            .map(each ->
                                                    each.getKey().described()
                                                            + " "
                                                            + each.getValue())
                                            .collect(joining("; ")),
                                    rule.betterOne(),
                                    allHaveHoles
                                            ? ""
                                            : ". What could not be found out is tried again at the next start"));
        }
        admitted.excluded()
                .forEach((engine, why) ->
                        LOG.info(
                                "engine is not used, because it {} path={} version={}",
                                found.hasHoles(engine)
                                        ? "has known holes (%s)".formatted(why)
                                        : why,
                                engine.path(),
                                engine.version()));
        EnginePlan.gotByNewClusters(admitted).forEach(each -> rule.warnOf(admitted, each));
        return admitted;
    }
}
