package dev.keepsake.engine;

import static dev.keepsake.core.Checks.checkArgument;

import java.io.IOException;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The engine programs of this machine, at least one, and what is known of them. Immutable.
///
/// @param all in the order of preference among equals
/// @param facts what was found out about them; nothing of those that could not be examined
public record Engines(List<EngineBinary> all, Map<EngineBinary, EngineFacts> facts) {
    private static final Logger LOG = LoggerFactory.getLogger(Engines.class);
    private static final int MINORS = 1_000; // more than a major version has

    /// Of which nothing is known.
    public Engines(List<EngineBinary> all) {
        this(all, Map.of());
    }

    public Engines {
        all = List.copyOf(all);
        facts = Map.copyOf(facts);
        checkArgument(!all.isEmpty(), "there is no engine");
    }

    /// The one that is preferred when it does not matter.
    public EngineBinary first() {
        return all.getFirst();
    }

    /// What is known of one of them; nothing when it could not be examined.
    public Optional<EngineFacts> factsOf(EngineBinary engine) {
        return Optional.ofNullable(facts.get(engine));
    }

    /// The program that comes nearest to what is asked for: one of that name before any other, of
    /// those one without known holes before one of which that is not known, and that before one
    /// with holes; then the nearest version, of two as near the newer. But the bundled one, if it
    /// has holes, is taken only where there is no sound one at all, of whatever name and version:
    /// it is there for machines that have none.
    ///
    /// @param name `redis` or `valkey`
    /// @param version such as `7.1`
    public EngineBinary nearest(String name, String version) {
        int wanted = number(version);
        boolean anySound = all.stream().anyMatch(each -> doubt(each) == 0);
        return all.stream()
                .min(
                        Comparator.comparing((EngineBinary each) ->
                                        anySound && each.isBundled() && hasHoles(each))
                                .thenComparing(each -> !each.name().equals(name))
                                .thenComparingInt(this::doubt)
                                .thenComparingInt(each -> Math.abs(number(each.version()) - wanted))
                                .thenComparingInt(each -> -number(each.version())))
                .orElseThrow();
    }

    /// Whether an engine was seen to have known holes.
    public boolean hasHoles(EngineBinary engine) {
        return factsOf(engine).map(found -> !found.holes().isEmpty()).orElse(false);
    }

    private int doubt(EngineBinary engine) {
        if (hasHoles(engine)) {
            return 2;
        }
        return factsOf(engine).map(EngineFacts::isSound).orElse(false) ? 0 : 1;
    }

    /// Those of them that are as they should be.
    ///
    /// @return empty when none is
    public Optional<Engines> only(Predicate<EngineBinary> wanted) {
        var left = all.stream().filter(wanted).toList();
        return left.isEmpty() ? Optional.empty() : Optional.of(new Engines(left, factsOf(left)));
    }

    private Map<EngineBinary, EngineFacts> factsOf(List<EngineBinary> some) {
        var known = new HashMap<>(facts);
        known.keySet().retainAll(some);
        return known;
    }

    /// The same with what is found out about them. Blocks while they are examined, all at once. One
    /// that cannot be examined stays, for it may be able to run all the same; a warning says so.
    public Engines examinedBy(EngineExaminer examiner) throws InterruptedException {
        var found = new ConcurrentHashMap<EngineBinary, EngineFacts>();
        var threads =
                all.stream()
                        .map(each ->
                                Thread.ofVirtual()
                                        .name("examine-" + each.name())
                                        .start(() -> examine(examiner, each, found)))
                        .toList();
        for (var thread : threads) {
            thread.join();
        }
        return new Engines(all, found);
    }

    private static void examine(
            EngineExaminer examiner, EngineBinary engine, Map<EngineBinary, EngineFacts> found) {
        try {
            found.put(engine, examiner.examine(engine));
        } catch (IOException | RuntimeException e) { // it may answer anything
            LOG.warn(
                    "engine cannot be examined, so nobody knows its commands and holes path={}"
                            + " reason={}",
                    engine.path(),
                    e.getMessage());
        }
    }

    /// Major and minor version as one number.
    private static int number(String version) {
        var parts = version.split("\\.", -1);
        return Integer.parseInt(parts[0]) * MINORS + Integer.parseInt(parts[1]);
    }
}
