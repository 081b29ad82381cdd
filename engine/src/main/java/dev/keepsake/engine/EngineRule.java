package dev.keepsake.engine;

import java.util.LinkedHashMap;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Which engines of the machine a server runs, by what is known of their holes. Where only sound
/// ones are run, one that has known holes is not, nor one of which nobody knows that it has none;
/// elsewhere all are, and a warning names those. The same at the start and whenever something is
/// found out later. Immutable.
///
/// @param onlySoundBecause why none but sound engines are run, as the first half of a sentence:
///   `--strict-engines was given`; nothing when others may be
/// @param betterOne the command that brings a better engine onto this machine
public record EngineRule(Optional<String> onlySoundBecause, String betterOne) {
    private static final Logger LOG = LoggerFactory.getLogger(EngineRule.class);

    /// Sorts out those that are not to be run.
    public Engines applyTo(Engines found) {
        var excluded = new LinkedHashMap<EngineBinary, String>(found.excluded());
        for (var each : found.all()) {
            whyNot(found, each).ifPresent(why -> excluded.put(each, why));
        }
        return found.excluding(excluded);
    }

    /// Why an engine is not run, as a sentence goes on behind its name: `has CVE-2024-31449`.
    ///
    /// @return nothing when it is
    public Optional<String> whyNot(Engines found, EngineBinary engine) {
        return onlySoundBecause.isEmpty() ? Optional.empty() : doubt(found, engine);
    }

    /// What to do about engines that are not run, as the end of a sentence.
    public String wayOut() {
        return "get a better one: %s; or start the server without --strict-engines and with loopback addresses only, where any engine is run"
                .formatted(betterOne);
    }

    /// Warns of an engine that is run, unless it is sound.
    public void warnOf(Engines found, EngineBinary engine) {
        if (found.isSound(engine)) {
            return;
        }
        if (found.hasHoles(engine)) {
            LOG.warn(
                    "ENGINE WITH KNOWN HOLES path={} name={} version={} holes=\"{}\": whoever may"
                            + " run scripts on a cluster can end its engine or run code in it."
                            + " Get a better one: {} (./keepsake engine tells more)",
                    engine.path(),
                    engine.name(),
                    engine.version(),
                    found.factsOf(engine).map(EngineFacts::cves).orElse(""),
                    betterOne);
        } else {
            LOG.warn(
                    "ENGINE OF WHICH NOBODY KNOWS WHETHER IT HAS KNOWN HOLES path={} name={}"
                            + " version={}: it {}. It is used all the same, and looked at again at the"
                            + " next start; './keepsake engine' looks now",
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
                        ? "could not be tried for " + facts.untoldCves()
                        : "has " + facts.cves());
    }
}
