package dev.keepsake.engine;

import static dev.keepsake.core.Checks.checkArgument;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The engine programs of this machine, and what is known of them. At least one is here or has
/// been. Immutable.
///
/// @param all those that may be run, in the order of preference among equals
/// @param facts what was found out about them; nothing of those that could not be examined
/// @param unexamined why they could not be, of those that could not
/// @param excluded those that are here too but are not to be run, each with the reason as an
///   [EngineRule] says it
/// @param gone those that were here and are not any more, each with what is in its place, as a
///   sentence goes on behind the name: `is not a file`
public record Engines(
        List<EngineBinary> all,
        Map<EngineBinary, EngineFacts> facts,
        Map<EngineBinary, String> unexamined,
        Map<EngineBinary, String> excluded,
        Map<EngineBinary, String> gone) {
    private static final Logger LOG = LoggerFactory.getLogger(Engines.class);
    private static final int MINORS = 1_000; // more than a major version has

    /// Of which nothing is known.
    public Engines(List<EngineBinary> all) {
        this(all, Map.of());
    }

    /// All of which may be run.
    public Engines(List<EngineBinary> all, Map<EngineBinary, EngineFacts> facts) {
        this(all, facts, Map.of(), Map.of());
    }

    /// All of which are here.
    public Engines(
            List<EngineBinary> all,
            Map<EngineBinary, EngineFacts> facts,
            Map<EngineBinary, String> unexamined,
            Map<EngineBinary, String> excluded) {
        this(all, facts, unexamined, excluded, Map.of());
    }

    public Engines {
        all = List.copyOf(all);
        facts = Map.copyOf(facts);
        unexamined = Map.copyOf(unexamined);
        excluded = Collections.unmodifiableMap(new LinkedHashMap<>(excluded));
        gone = Collections.unmodifiableMap(new LinkedHashMap<>(gone));
        checkArgument(
                !all.isEmpty() || !excluded.isEmpty() || !gone.isEmpty(), "there is no engine");
    }

    /// The one that is preferred when it does not matter; one of those that may be run, if there
    /// are any.
    public EngineBinary first() {
        return candidates().getFirst();
    }

    private List<EngineBinary> candidates() {
        if (!all.isEmpty()) {
            return all;
        }
        return List.copyOf(excluded.isEmpty() ? gone.keySet() : excluded.keySet());
    }

    /// Which of all these is, or was, where this path leads.
    public Optional<EngineBinary> at(Path path) {
        return Stream.concat(everyOne(), gone.keySet().stream())
                .filter(each -> each.path().equals(path))
                .findFirst();
    }

    /// What is known of one of them; nothing when it could not be examined.
    public Optional<EngineFacts> factsOf(EngineBinary engine) {
        return Optional.ofNullable(facts.get(engine));
    }

    /// The program that comes nearest to what is asked for: one of that name before any other, of
    /// those one without known holes before one of which that is not known, and that before one
    /// with holes; then the nearest version, of two as near the newer. But the bundled one, if it
    /// has holes, is taken only where there is no sound one at all, of whatever name and version:
    /// it is there for machines that have none. Where none may be run, it is one of those that may
    /// not, so that it can be said what is here, and where none is here, one that was.
    ///
    /// @param name `redis` or `valkey`
    /// @param version such as `7.1`
    public EngineBinary nearest(String name, String version) {
        int wanted = number(version);
        boolean anySound = candidates().stream().anyMatch(this::isSound);
        return candidates().stream()
                .min(
                        Comparator.comparing((EngineBinary each) ->
                                        anySound && each.isBundled() && hasHoles(each))
                                .thenComparing(each -> !each.name().equals(name))
                                .thenComparingInt(this::doubt)
                                .thenComparingInt(each -> Math.abs(number(each.version()) - wanted))
                                .thenComparingInt(each -> -number(each.version())))
                .orElseThrow();
    }

    /// Whether an engine was seen to have none of the known holes.
    public boolean isSound(EngineBinary engine) {
        return factsOf(engine).map(EngineFacts::isSound).orElse(false);
    }

    /// Whether an engine was seen to have known holes.
    public boolean hasHoles(EngineBinary engine) {
        return factsOf(engine).map(found -> !found.holes().isEmpty()).orElse(false);
    }

    /// How little can be said for an engine: 0 for a sound one, 1 for one of which it is not known,
    /// 2 for one with known holes.
    public int doubt(EngineBinary engine) {
        if (hasHoles(engine)) {
            return 2;
        }
        return isSound(engine) ? 0 : 1;
    }

    /// Why an engine could not be examined, for people.
    public String whyUnexamined(EngineBinary engine) {
        return unexamined.getOrDefault(engine, "nobody has tried");
    }

    /// Those of them that are as they should be.
    ///
    /// @return empty when none is
    public Optional<Engines> only(Predicate<EngineBinary> wanted) {
        var left = all.stream().filter(wanted).toList();
        return left.isEmpty()
                ? Optional.empty()
                : Optional.of(new Engines(left, factsOf(left), unexamined, Map.of()));
    }

    private Map<EngineBinary, EngineFacts> factsOf(List<EngineBinary> some) {
        var known = new HashMap<>(facts);
        known.keySet().retainAll(some);
        return known;
    }

    /// The same without those that are not to be run.
    ///
    /// @param reasons why, of each of them
    Engines excluding(Map<EngineBinary, String> reasons) {
        var left = all.stream().filter(each -> !reasons.containsKey(each)).toList();
        return new Engines(left, facts, unexamined, reasons, gone);
    }

    /// The same when a program was looked at once more: where it was found, another one may be, or
    /// none, or one again. What is excluded has to be decided anew.
    ///
    /// @param before the program as it was known
    /// @param now what was found in its place
    public Engines with(EngineBinary before, EngineSight now) {
        var programs = new LinkedHashSet<EngineBinary>();
        everyOne().forEach(each -> programs.add(each.equals(before) ? now.binary() : each));
        var missing = new LinkedHashMap<>(gone);
        if (missing.remove(before) != null) {
            programs.add(now.binary());
        }
        var known = new HashMap<>(facts);
        var unknown = new HashMap<>(unexamined);
        for (var each : List.of(before, now.binary())) {
            known.remove(each);
            unknown.remove(each);
        }
        switch (now) {
            case EngineSight.Examined(var found) -> known.put(found.binary(), found);
            case EngineSight.Unexamined(var binary, var reason) -> unknown.put(binary, reason);
            case EngineSight.Gone(var binary, var reason) -> {
                programs.remove(binary);
                missing.put(binary, reason);
            }
        }
        return new Engines(List.copyOf(programs), known, unknown, Map.of(), missing);
    }

    private Stream<EngineBinary> everyOne() {
        return Stream.concat(all.stream(), excluded.keySet().stream());
    }

    /// The same with what is found out about them. Blocks while they are examined, all at once. One
    /// that cannot be examined stays, for it may be able to run all the same; a warning says so.
    public Engines examinedBy(EngineExaminer examiner) throws InterruptedException {
        var found = new ConcurrentHashMap<EngineBinary, EngineFacts>();
        var failed = new ConcurrentHashMap<EngineBinary, String>();
        var threads =
                all.stream()
                        .map(each ->
                                Thread.ofVirtual()
                                        .name("examine-" + each.name())
                                        .start(() -> examine(examiner, each, found, failed)))
                        .toList();
        for (var thread : threads) {
            thread.join();
        }
        return new Engines(all, found, failed, excluded, gone);
    }

    private static void examine(
            EngineExaminer examiner,
            EngineBinary engine,
            Map<EngineBinary, EngineFacts> found,
            Map<EngineBinary, String> failed) {
        try {
            found.put(engine, examiner.examine(engine));
        } catch (IOException | RuntimeException e) { // it may answer anything
            failed.put(engine, String.valueOf(e.getMessage()));
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
