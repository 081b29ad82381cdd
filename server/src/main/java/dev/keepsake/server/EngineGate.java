package dev.keepsake.server;

import static java.util.stream.Collectors.joining;

import dev.keepsake.control.EngineVersions;
import dev.keepsake.core.AddressBlock;
import dev.keepsake.engine.EngineBinary;
import dev.keepsake.engine.Engines;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Decides which engines of the machine a server runs clusters on. Where nobody but this machine
/// reaches the nodes, all of them, and a warning names those with known holes that clusters would
/// get; where others do, or the user wants it so, none that has any.
public final class EngineGate {
    private static final Logger LOG = LoggerFactory.getLogger(EngineGate.class);

    private final Optional<String> onlySoundBecause;
    private final InstallHint hint;

    /// @param onlySoundBecause why engines with known holes are not run, as the first half of a
    ///   sentence: `--strict-engines was given`; nothing when they may be
    /// @param hint the way out
    EngineGate(Optional<String> onlySoundBecause, InstallHint hint) {
        this.onlySoundBecause = onlySoundBecause;
        this.hint = hint;
    }

    /// For what a server is started with.
    static EngineGate of(ServerConfig config) {
        return new EngineGate(whyOnlySound(config), InstallHint.here());
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

    /// Those that clusters may run on, at least one.
    ///
    /// @param found with what is known of them
    /// @throws StartException when there is none; says the way out
    Engines admit(Engines found) throws StartException {
        if (onlySoundBecause.isEmpty()) {
            warn(found);
            return found;
        }
        var admitted = found.only(each -> !found.hasHoles(each));
        if (admitted.isEmpty()) {
            throw new StartException(
                    "%s, and every engine here has known holes: %s. Get a better one: %s; './keepsake engine' tells more"
                            .formatted(
                                    onlySoundBecause.get(),
                                    found.all().stream()
                                            .map(each -> withHoles(found, each))
                                            .collect(joining("; ")),
                                    hint.command()));
        }
        for (var each : found.all()) {
            if (found.hasHoles(each)) {
                LOG.info(
                        "engine is not used, for it has known holes path={} version={} holes={}",
                        each.path(),
                        each.version(),
                        cves(found, each));
            }
        }
        for (var each : admitted.get().all()) {
            if (!isSound(found, each)) {
                LOG.warn(
                        "engine is used though nobody knows whether it has known holes, for it could"
                                + " not be examined path={} version={}",
                        each.path(),
                        each.version());
            }
        }
        return admitted.get();
    }

    private void warn(Engines found) {
        for (var each : taken(found)) {
            if (found.hasHoles(each)) {
                LOG.warn(
                        "ENGINE WITH KNOWN HOLES path={} name={} version={} holes=\"{}\": whoever may"
                                + " run scripts on a cluster can end its engine or run code in it."
                                + " Get a better one: {} (./keepsake engine tells more)",
                        each.path(),
                        each.name(),
                        each.version(),
                        cves(found, each),
                        hint.command());
            }
        }
    }

    /// Those that clusters would get, whatever they ask for.
    public static List<EngineBinary> taken(Engines engines) {
        return EngineVersions.all().stream()
                .map(wanted -> engines.nearest(wanted.engine(), wanted.version()))
                .distinct()
                .toList();
    }

    private static String withHoles(Engines engines, EngineBinary engine) {
        return "%s has %s".formatted(engine.described(), cves(engines, engine));
    }

    private static String cves(Engines engines, EngineBinary engine) {
        return engines.factsOf(engine).map(facts -> facts.cves()).orElse("");
    }

    private static boolean isSound(Engines engines, EngineBinary engine) {
        return engines.factsOf(engine).map(facts -> facts.isSound()).orElse(false);
    }
}
