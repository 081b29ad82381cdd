package dev.keepsake.engine;

import static dev.keepsake.core.Checks.checkArgument;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
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

/// The engine programs of this machine and their facts. There is, or was, at least one. Immutable.
///
/// @param all the programs that may be run, in the order of preference among equals
/// @param facts the facts of examined programs; missing for those that could not be examined
/// @param unexamined for programs that could not be examined, the reason
/// @param excluded programs that are installed but excluded, each with the reason of the
///   [EngineRule]
/// @param gone programs that are not installed any more, each with the present state of its path,
///   as the end of a sentence after the name: `is not a file`
public record Engines(
        List<EngineBinary> all,
        Map<EngineBinary, EngineFacts> facts,
        Map<EngineBinary, String> unexamined,
        Map<EngineBinary, String> excluded,
        Map<EngineBinary, String> gone) {
    private static final Logger LOG = LoggerFactory.getLogger(Engines.class);
    private static final int MINORS = 1_000; // more than a major version has

    /// Programs without facts.
    public Engines(List<EngineBinary> all) {
        this(all, Map.of());
    }

    /// Programs of which all may be run.
    public Engines(List<EngineBinary> all, Map<EngineBinary, EngineFacts> facts) {
        this(all, facts, Map.of(), Map.of());
    }

    /// Programs of which all are installed.
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
                !all.isEmpty() || !excluded.isEmpty() || !gone.isEmpty(),
                "there is no engine; expected at least one");
    }

    /// The preferred program when it does not matter which. One that may be run, if there is one.
    public EngineBinary first() {
        return candidates().getFirst();
    }

    private List<EngineBinary> candidates() {
        if (!all.isEmpty()) {
            return all;
        }
        return List.copyOf(excluded.isEmpty() ? gone.keySet() : excluded.keySet());
    }

    /// The program that is or was at this path.
    public Optional<EngineBinary> at(Path path) {
        return Stream.concat(everyOne(), gone.keySet().stream())
                .filter(each -> each.path().equals(path))
                .findFirst();
    }

    /// The facts of a program; empty when it could not be examined.
    public Optional<EngineFacts> factsOf(EngineBinary engine) {
        return Optional.ofNullable(facts.get(engine));
    }

    /// The program that is nearest to a request, by these criteria in order: the same name; sound
    /// before undecided before holes; the nearest version, of two equally near ones the newer. The
    /// bundled one, if it has holes, is chosen only if there is no sound one of any name and
    /// version: it exists for machines without an engine. If no program may be run, an excluded one
    /// is returned, so that messages can name it. If none is installed, a former one is returned.
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

    /// Whether an engine is sound.
    public boolean isSound(EngineBinary engine) {
        return factsOf(engine).map(EngineFacts::isSound).orElse(false);
    }

    /// Whether an engine has known holes.
    public boolean hasHoles(EngineBinary engine) {
        return factsOf(engine).map(found -> !found.holes().isEmpty()).orElse(false);
    }

    /// The rank by holes: 0 for a sound engine, 1 for an undecided one, 2 for one with known holes.
    public int doubt(EngineBinary engine) {
        if (hasHoles(engine)) {
            return 2;
        }
        return isSound(engine) ? 0 : 1;
    }

    /// Why an engine could not be examined, for people.
    public String whyUnexamined(EngineBinary engine) {
        return unexamined.getOrDefault(engine, "it has not been tried");
    }

    /// The programs that satisfy a predicate.
    ///
    /// @return empty when none does
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

    /// The engines, with some programs moved to the excluded ones.
    ///
    /// @param reasons by program, the reason
    Engines excluding(Map<EngineBinary, String> reasons) {
        var left = all.stream().filter(each -> !reasons.containsKey(each)).toList();
        return new Engines(left, facts, unexamined, reasons, gone);
    }

    /// The engines after a program's path was examined again: there may be another program, none,
    /// or one again. The excluded programs have to be decided again after that.
    ///
    /// @param before the former program
    /// @param now what is at its path now
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

    /// The same with a program where none was known to be. It comes before the bundled one, as what
    /// is found at a start does. What is excluded has to be decided anew.
    public Engines with(EngineSight found) {
        var programs = new ArrayList<>(everyOne().filter(each -> !each.isBundled()).toList());
        programs.add(found.binary());
        everyOne().filter(EngineBinary::isBundled).forEach(programs::add);
        return new Engines(programs, facts, unexamined, Map.of(), gone).with(found.binary(), found);
    }

    private Stream<EngineBinary> everyOne() {
        return Stream.concat(all.stream(), excluded.keySet().stream());
    }

    /// The engines with the facts of an examination. Blocks while all of them are examined at once.
    /// A program that cannot be examined stays, because it may be usable nevertheless; a warning is
    /// logged.
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
        } catch (IOException | RuntimeException e) { // the answer may have any form
            failed.put(engine, String.valueOf(e.getMessage()));
            LOG.warn(
                    "engine cannot be examined, so its commands and holes are unknown path={}"
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
