package dev.keepsake.engine;

import java.util.LinkedHashMap;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Decides which engines of the machine a server may run, by their known holes. If only sound
/// engines are allowed, an engine with a known hole is excluded, and so is one that could not be
/// examined for a hole. Otherwise all are allowed, with a warning for those. The rule is the same
/// at the start and after later findings. Immutable.
///
/// @param onlySoundBecause why only sound engines are allowed, as the first half of a sentence:
///   `--strict-engines was given`; empty when all are allowed
/// @param betterOne the command that installs a better engine on this machine
public record EngineRule(Optional<String> onlySoundBecause, String betterOne) {
    private static final Logger LOG = LoggerFactory.getLogger(EngineRule.class);

    /// Separates the excluded engines from the others.
    public Engines applyTo(Engines found) {
        var excluded = new LinkedHashMap<EngineBinary, String>(found.excluded());
        for (var each : found.all()) {
            whyNot(found, each).ifPresent(why -> excluded.put(each, why));
        }
        return found.excluding(excluded);
    }

    /// Why an engine is excluded, as the end of a sentence after its name: `has CVE-2024-31449`.
    ///
    /// @return empty when it is allowed
    public Optional<String> whyNot(Engines found, EngineBinary engine) {
        return onlySoundBecause.isEmpty() ? Optional.empty() : doubt(found, engine);
    }

    /// What to do about excluded engines, as the end of a sentence.
    public String wayOut() {
        return "get a better one: %s; or start the server without --strict-engines and with loopback addresses only, where any engine is run"
                .formatted(betterOne);
    }

    /// Logs a warning about an allowed engine that is not sound.
    public void warnOf(Engines found, EngineBinary engine) {
        if (found.isSound(engine)) {
            return;
        }
        if (found.hasHoles(engine)) {
            LOG.warn(
                    "ENGINE WITH KNOWN HOLES path={} name={} version={} holes=\"{}\": a user"
                            + " who may run scripts on a cluster can end its engine or run code in it."
                            + " Get a better one: {} (./keepsake engine tells more)",
                    engine.path(),
                    engine.name(),
                    engine.version(),
                    found.factsOf(engine).map(EngineFacts::cves).orElse(""),
                    betterOne);
        } else {
            LOG.warn(
                    "ENGINE THAT MAY HAVE KNOWN HOLES path={} name={} version={}: it {}. It is"
                            + " used nevertheless, and examined again at the next start; './keepsake"
                            + " engine' examines it now",
                    engine.path(),
                    engine.name(),
                    engine.version(),
                    doubt(found, engine).orElse(""));
        }
    }

    private static Optional<String> doubt(Engines found, EngineBinary engine) {
        var facts = found.factsOf(engine).orElse(null);
        if (facts == null) {
            return Optional.of("could not be examined: " + found.whyUnexamined(engine));
        }
        if (facts.isSound()) {
            return Optional.empty();
        }
        return Optional.of(
                facts.holes().isEmpty()
                        ? "could not be tried for " + facts.undecidedCves()
                        : "has " + facts.cves());
    }
}
