package dev.keepsake.cli;

import dev.keepsake.control.EngineVersions;
import dev.keepsake.engine.EngineBinary;
import dev.keepsake.engine.EngineFinder;
import dev.keepsake.engine.Engines;
import dev.keepsake.engine.KnownHole;
import dev.keepsake.fleet.EnginePlan;
import dev.keepsake.fleet.RecordedClusters;
import dev.keepsake.server.InstallHint;
import java.util.Collection;
import java.util.Comparator;
import java.util.Formatter;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// The report about a machine's engines, for people and for programs.
///
/// @param found the engines with their facts
/// @param isNamed whether there is one engine, the one that `--engine` names
/// @param hint how to install a better one
/// @param clusters the clusters of the data directory
record EngineReport(
        EngineFinder.Found found, boolean isNamed, InstallHint hint, ClustersOnRecord clusters) {
    /// The report for people.
    String text() {
        var text = new Formatter(Locale.ROOT);
        text.format("Engines on this machine:%n");
        for (var engine : engines().all()) {
            text.format(
                    "  %-6s %-8s %-12s %s%n",
                    engine.name(), engine.version(), where(engine), condition(engine));
            if (!engine.isBundled()) {
                text.format("         %s%n", engine.path());
            }
        }
        for (var rejected : found.rejected()) {
            text.format("  not usable: %s%n", rejected);
        }
        text.format("New clusters run on:%n");
        for (var wanted : EngineVersions.all()) {
            var taken = taken(wanted);
            text.format(
                    "  %-6s %s: %s %s, %s; %s%n",
                    wanted.engine(),
                    wanted.version(),
                    taken.name(),
                    taken.version(),
                    where(taken),
                    because(wanted, taken));
        }
        if (!clusters.unreadable().isEmpty()) {
            text.format(
                    "The clusters in %s cannot be read: %s%n",
                    clusters.dataDirectory(), clusters.unreadable());
        } else if (!clusters.all().isEmpty()) {
            text.format("Clusters in %s run on:%n", clusters.dataDirectory());
            for (var cluster : clusters.all()) {
                text.format(
                        "  %s (%s, %s): %s%n",
                        cluster.name(), cluster.region(), cluster.status(), runsOn(cluster));
            }
        }
        var holes = new TreeSet<>(Comparator.comparing(KnownHole::cve));
        engines().facts().values().forEach(facts -> holes.addAll(facts.holes()));
        if (!holes.isEmpty()) {
            text.format("What the holes are:%n");
            holes.forEach(hole -> text.format("  %s: %s%n", hole.cve(), hole.meaning()));
        }
        if (isBetterWanted()) {
            text.format("A better one, for %s:%n  %s%n", hint.system(), hint.command());
            if (!hint.also().isEmpty()) {
                text.format("  (%s)%n", hint.also());
            }
            text.format("Run this again behind it: it tells whether that one is sound.%n");
        }
        return text.toString();
    }

    private String runsOn(RecordedClusters.Recorded cluster) {
        var next = cluster.next();
        if (cluster.engine() == null) {
            return "nothing so far; "
                    + (next == null
                            ? "no installed engine can run it"
                            : nameOf(next) + " would be next");
        }
        var recorded = cluster.engine() + " " + cluster.version();
        var here = cluster.here();
        if (here != null) {
            return "%s, %s; %s%s"
                    .formatted(
                            recorded,
                            where(here),
                            condition(here),
                            next == null || next.equals(here)
                                    ? ""
                                    : "; the next start takes " + nameOf(next));
        }
        return next == null
                ? "%s, which is not installed, and no installed engine can continue from its data: install %s or a newer %s"
                        .formatted(recorded, recorded, cluster.engine())
                : "%s, which is not installed; the next start upgrades it to %s (%s)"
                        .formatted(recorded, nameOf(next), condition(next));
    }

    private static String nameOf(EngineBinary engine) {
        return engine.name() + " " + engine.version();
    }

    private Engines engines() {
        return found.engines();
    }

    private String where(EngineBinary engine) {
        if (engine.isBundled()) {
            return "bundled";
        }
        return isNamed ? "as named" : "on the PATH";
    }

    private String condition(EngineBinary engine) {
        var facts = engines().factsOf(engine).orElse(null);
        if (facts == null) {
            return "could not be examined: " + engines().whyUnexamined(engine);
        }
        if (facts.isSound()) {
            return "sound: none of the known holes";
        }
        var holes = facts.holes().isEmpty() ? "" : "known holes: " + facts.cves();
        var undecided =
                facts.undecided().isEmpty()
                        ? ""
                        : "could not be determined: " + String.join(", ", cves(facts.undecided()));
        return holes + (holes.isEmpty() || undecided.isEmpty() ? "" : "; ") + undecided;
    }

    private EngineBinary taken(EngineVersions wanted) {
        return engines().nearest(wanted.engine(), wanted.version());
    }

    private String because(EngineVersions wanted, EngineBinary taken) {
        var ofThatName =
                engines().all().stream()
                        .filter(each -> each.name().equals(wanted.engine()))
                        .toList();
        if (engines().all().size() == 1) {
            return "there is no other";
        }
        if (ofThatName.isEmpty()) {
            return "there is no " + wanted.engine();
        }
        if (!ofThatName.contains(taken)) {
            return "the bundled %s has known holes".formatted(wanted.engine());
        }
        if (taken.version().startsWith(wanted.version() + ".")) {
            return "it is the requested one";
        }
        return ofThatName.size() == 1
                ? "it is the only " + wanted.engine()
                : "it is the nearest sound one, or the nearest where none is sound";
    }

    /// Whether a new cluster may get an engine that is not sound.
    private boolean isBetterWanted() {
        return EnginePlan.gotByNewClusters(engines()).stream()
                .anyMatch(each -> !engines().isSound(each));
    }

    private static List<String> cves(Collection<KnownHole> holes) {
        return holes.stream().map(KnownHole::cve).sorted().toList();
    }

    /// The report as one JSON object on one line.
    String json() {
        var mapper = new JsonMapper();
        var json = mapper.createObjectNode();
        var all = json.putArray("engines");
        engines().all().forEach(each -> put(all.addObject(), each));
        add(json.putArray("not_usable"), found.rejected());
        var asked = json.putArray("new_clusters");
        for (var wanted : EngineVersions.all()) {
            var taken = taken(wanted);
            asked.addObject()
                    .put("engine", wanted.engine())
                    .put("engine_version", wanted.version())
                    .put("name", taken.name())
                    .put("version", taken.version())
                    .put("where", where(taken))
                    .put("because", because(wanted, taken));
        }
        var existing = json.putArray("clusters");
        for (var cluster : clusters.all()) {
            var here = cluster.here();
            var next = cluster.next();
            existing.addObject()
                    .put("region", cluster.region())
                    .put("name", cluster.name())
                    .put("status", cluster.status())
                    .put("engine", cluster.engine())
                    .put("version", cluster.version())
                    .put("installed", here != null)
                    .put("sound", here != null && engines().isSound(here))
                    .put("next_name", next == null ? null : next.name())
                    .put("next_version", next == null ? null : next.version());
        }
        json.put("data_directory", clusters.dataDirectory().toString())
                .put(
                        "clusters_unreadable",
                        clusters.unreadable().isEmpty() ? null : clusters.unreadable());
        json.put("better_wanted", isBetterWanted());
        json.putObject("better")
                .put("system", hint.system())
                .put("command", hint.command())
                .put("also", hint.also());
        return mapper.writeValueAsString(json);
    }

    private void put(ObjectNode json, EngineBinary engine) {
        json.put("name", engine.name())
                .put("version", engine.version())
                .put("where", where(engine))
                // A bundled engine has no path of its own: each program unpacks it in its own
                // directory.
                .put("path", engine.isBundled() ? null : engine.path().toString());
        var facts = engines().factsOf(engine).orElse(null);
        json.put("examined", facts != null);
        if (facts != null) {
            json.put("sha256", facts.sha256())
                    .put("rdb_version", facts.rdbVersion())
                    .put("commands", facts.commands().items().size())
                    .put("sound", facts.isSound());
            add(json.putArray("holes"), cves(facts.holes()));
            add(json.putArray("untold"), cves(facts.undecided()));
        }
    }

    private static void add(ArrayNode array, List<String> texts) {
        texts.forEach(array::add);
    }
}
