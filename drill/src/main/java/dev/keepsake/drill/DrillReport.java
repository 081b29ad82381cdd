package dev.keepsake.drill;

import java.util.EnumMap;
import java.util.Formatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// The result of a drill, for people and for programs.
///
/// @param options the options of the drill
/// @param failovers the failovers in order; fewer than requested when one did not complete
/// @param shards the names of the shards
/// @param verdicts by shard
/// @param failuresByWriter how many writes were not acknowledged, by writer and kind
/// @param throughput when writes were acknowledged
/// @param events the cluster's events, oldest first
public record DrillReport(
        DrillOptions options,
        List<FailoverResult> failovers,
        List<String> shards,
        List<Verdict> verdicts,
        List<Map<FailureKind, Long>> failuresByWriter,
        Throughput throughput,
        List<DrillEvent> events) {
    public DrillReport {
        failovers = List.copyOf(failovers);
        shards = List.copyOf(shards);
        verdicts = List.copyOf(verdicts);
        failuresByWriter = List.copyOf(failuresByWriter);
        events = List.copyOf(events);
    }

    /// The outcome, which decides the exit code.
    public DrillOutcome outcome() {
        if (!total().isIntact()) {
            return DrillOutcome.LOST;
        }
        if (completed() == 0 || completed() != asked()) {
            return DrillOutcome.INCOMPLETE;
        }
        return isOverBudget() ? DrillOutcome.OVER_BUDGET : DrillOutcome.PASSED;
    }

    /// Whether an outage was longer than it may be, whatever else was found.
    boolean isOverBudget() {
        return options.maxOutageMs() > 0 && outage().maxMs() > options.maxOutageMs();
    }

    public boolean isPassed() {
        return outcome() == DrillOutcome.PASSED;
    }

    /// How many writes were not acknowledged, by kind.
    public Map<FailureKind, Long> failures() {
        var sum = new EnumMap<FailureKind, Long>(FailureKind.class);
        for (var ofWriter : failuresByWriter) {
            ofWriter.forEach((kind, count) -> sum.merge(kind, count, Long::sum));
        }
        return sum;
    }

    /// The number of failovers that should have completed; with a duration, the number that were
    /// begun.
    long asked() {
        return options.durationS() > 0 ? failovers.size() : options.failovers();
    }

    long completed() {
        return failovers.stream().filter(FailoverResult::isComplete).count();
    }

    Verdict total() {
        return verdicts.stream().reduce(Verdict.EMPTY, Verdict::plus);
    }

    /// The outage over all writers and failovers; zero when there was none.
    Outage outage() {
        var gaps = gaps();
        return gaps.isEmpty() ? Outage.NONE : Outage.of(gaps.stream().mapToLong(Gap::lengthNs));
    }

    /// Every writer's longest wait of every failover.
    List<Gap> gaps() {
        return failovers.stream().flatMap(failover -> failover.gaps().stream()).toList();
    }

    /// The number of the failover from which growth is counted: the tenth, after which a server has
    /// filled its buffers, or an earlier one in a short drill.
    public int settled() {
        return Math.max(1, Math.min(10, failovers.size() / 3));
    }

    /// The growth of the server's resources since that failover, or null when they could not be
    /// read.
    private @Nullable String growth() {
        if (failovers.isEmpty()) {
            return null;
        }
        var from = failovers.get(settled() - 1).use();
        var to = failovers.getLast().use();
        return from == null || to == null
                ? null
                : "failover %d to %d: %s"
                        .formatted(settled(), failovers.size(), from.changeUntil(to));
    }

    /// The report as a table for people.
    public String table() {
        var total = total();
        var text = new Formatter(Locale.ROOT);
        text.format("failover  shard  %-40s  outage p50         max%n", "from -> to");
        for (int i = 0; i < failovers.size(); i++) {
            var failover = failovers.get(i);
            var outage = failover.outage();
            text.format("%8d  %5s  %-40s  ", i + 1, failover.shard(), failover.summary());
            text.format("%7.1f ms  %7.1f ms%n", outage.p50Ms(), outage.maxMs());
        }
        text.format("%nfailovers     %d of %d completed%n", completed(), asked());
        text.format("acknowledged  %,d writes%n", total.acknowledged());
        text.format("lost          %,d%n", total.lost());
        text.format("duplicated    %,d%n", total.duplicated());
        text.format("reordered     %,d%n", total.reordered());
        if (total.uncalled() > 0) {
            text.format("uncalled      %,d (refused, and there all the same)%n", total.uncalled());
        }
        text.format("write outage  p50 %.1f ms, max %.1f ms%n", outage().p50Ms(), outage().maxMs());
        text.format("errors        %s%n", failuresInWords());
        var growth = growth();
        if (growth != null) {
            text.format("resources     %s%n", growth);
        }
        for (int i = 0; i < shards.size() && shards.size() > 1; i++) {
            var verdict = verdicts.get(i);
            text.format("shard %s    %,d acknowledged, ", shards.get(i), verdict.acknowledged());
            text.format("%,d lost%n", verdict.lost());
        }
        text.format("%n%s%n", conclusion());
        return text.toString();
    }

    private String failuresInWords() {
        return inWords(failures());
    }

    static String inWords(Map<FailureKind, Long> failures) {
        return failures.isEmpty()
                ? "none"
                : failures.entrySet().stream()
                        .map(entry -> entry.getKey().label() + " " + entry.getValue())
                        .collect(Collectors.joining(", "));
    }

    String conclusion() {
        return switch (outcome()) {
            case LOST -> "FAILED: the data is not what was acknowledged.";
            case INCOMPLETE -> "FAILED: a failover did not complete (" + shortfall() + ").";
            case OVER_BUDGET -> "FAILED: " + budgetInWords() + ". Nothing is lost.";
            case PASSED -> "Passed: every acknowledged write is there, once and in order.";
        };
    }

    String budgetInWords() {
        return String.format(
                Locale.ROOT,
                "an outage took %.1f ms, and --max-outage-ms is %d",
                outage().maxMs(),
                options.maxOutageMs());
    }

    private @Nullable String shortfall() {
        return failovers.isEmpty() ? "none was begun" : failovers.getLast().shortfall();
    }

    /// The report as one JSON object on one line.
    public String json() {
        var mapper = new JsonMapper();
        var json = mapper.createObjectNode();
        json.put("passed", isPassed());
        json.put("outcome", outcome().label());
        if (options.maxOutageMs() > 0) {
            json.put("max_outage_ms_allowed", options.maxOutageMs());
        }
        json.put("failovers", completed());
        put(json, total());
        put(json, outage());
        var errors = json.putObject("errors");
        failures().forEach((kind, count) -> errors.put(kind.label(), count));
        var listed = json.putArray("events");
        for (var event : events) {
            listed.addObject().put("date", event.date().toString()).put("message", event.message());
        }
        var each = json.putArray("per_failover");
        for (var failover : failovers) {
            var node = each.addObject();
            node.put("shard", failover.shard());
            node.put("from", failover.trail().from());
            node.put("to", failover.trail().to());
            node.put("completed", failover.isComplete());
            node.put("shortfall", failover.shortfall());
            put(node, failover.outage());
            var use = failover.use();
            if (use != null) {
                put(node.putObject("resources"), use);
            }
        }
        var perShard = json.putArray("per_shard");
        for (int i = 0; i < shards.size(); i++) {
            put(perShard.addObject().put("shard", shards.get(i)), verdicts.get(i));
        }
        return mapper.writeValueAsString(json);
    }

    private static void put(ObjectNode node, Verdict verdict) {
        node.put("acknowledged", verdict.acknowledged());
        node.put("lost", verdict.lost());
        node.put("duplicated", verdict.duplicated());
        node.put("reordered", verdict.reordered());
        node.put("uncalled", verdict.uncalled());
    }

    private static void put(ObjectNode node, ResourceUse use) {
        node.put("heap_bytes", use.heapBytes());
        node.put("resident_bytes", use.residentBytes());
        node.put("threads", use.threads());
        node.put("files", use.files());
        node.put("sockets", use.sockets());
        node.put("processes", use.processes());
    }

    private static void put(ObjectNode node, Outage outage) {
        node.putObject("outage_ms").put("p50", outage.p50Ms()).put("max", outage.maxMs());
    }
}
