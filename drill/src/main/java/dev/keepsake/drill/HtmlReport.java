package dev.keepsake.drill;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Formatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// A report of a drill as one page of HTML, which needs nothing else and runs no script: verdict,
/// the course of the drill as a plot, outages, errors of each writer, events and environment.
public final class HtmlReport {
    private final DrillReport report;
    private final Map<String, String> environment;
    private final Formatter html = new Formatter(Locale.ROOT);

    private HtmlReport(DrillReport report, Map<String, String> environment) {
        this.report = report;
        this.environment = environment;
    }

    /// The page.
    ///
    /// @param environment what was drilled, and where: names and values, in this order
    public static String of(DrillReport report, Map<String, String> environment) {
        return new HtmlReport(report, environment).page();
    }

    private String page() {
        html.format("<!doctype html>%n<html lang=\"en\">%n<head>%n<meta charset=\"utf-8\">%n");
        html.format("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">%n");
        html.format(
                "<title>Keepsake drill: %s</title>%n", report.outcome().label().replace('_', ' '));
        html.format("<style>%n%s</style>%n</head>%n<body>%n", style());
        html.format("<h1>Keepsake drill</h1>%n<p class=\"soft\">%s</p>%n", text(asked()));
        html.format(
                "<p class=\"verdict%s\" role=\"status\">%s</p>%n",
                report.isPassed() ? "" : " failed", text(report.conclusion()));
        figures();
        course();
        failovers();
        histogram();
        writers();
        shards();
        events();
        environment();
        html.format("</body>%n</html>%n");
        return html.toString();
    }

    private static String style() {
        try (var css = HtmlReport.class.getResourceAsStream("report.css")) {
            if (css == null) {
                throw new IllegalStateException("report.css is missing from the drill's jar");
            }
            return new String(css.readAllBytes(), UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String asked() {
        var options = report.options();
        var fault =
                switch (options.fault()) {
                    case FAILOVER -> "FailoverShard in the mode " + options.mode().option();
                    case RANDOM -> "FailoverShard, or SIGKILL of an engine or of the server";
                    case ENGINE, SERVER -> "SIGKILL of the " + options.fault().option();
                };
        return "%s; shards: %d, replicas of each: %d, %d ms behind; writers: %d."
                .formatted(
                        fault,
                        options.shards(),
                        options.replicas(),
                        options.lagMs(),
                        options.writers());
    }

    private void figures() {
        var total = report.total();
        var outage = report.outage();
        html.format("<dl class=\"figures\">%n");
        figure("failovers", "%d of %d".formatted(report.completed(), report.asked()));
        figure("acknowledged writes", "%,d".formatted(total.acknowledged()));
        figure("lost", "%,d".formatted(total.lost()));
        figure("duplicated", "%,d".formatted(total.duplicated()));
        figure("reordered", "%,d".formatted(total.reordered()));
        figure("outage, median", String.format(Locale.ROOT, "%.1f ms", outage.p50Ms()));
        figure("outage, longest", String.format(Locale.ROOT, "%.1f ms", outage.maxMs()));
        html.format("</dl>%n");
    }

    private void figure(String name, String value) {
        html.format("<div><dt>%s</dt><dd>%s</dd></div>%n", text(name), text(value));
    }

    private void course() {
        html.format("<h2>The course of the drill</h2>%n");
        html.format(
                "<p class=\"soft\">Acknowledged writes a second, of all writers. A red band is the time from the first"
                        + " writer without an acknowledgement to the last one that got its next.%s</p>%n",
                report.failovers().stream().anyMatch(each -> each.use() != null)
                        ? " A short stop behind a failover is the drill's own: to read the server's heap, it"
                                + " makes the server collect its garbage."
                        : "");
        html.format("%s", Plots.course(report));
    }

    private void failovers() {
        html.format("<h2>Failovers</h2>%n<div class=\"scroll\"><table>%n<thead><tr>");
        html.format("<th class=\"number\">no.</th><th>shard</th><th>from</th><th>to</th>");
        html.format("<th class=\"number\">at</th><th class=\"number\">outage p50</th>");
        html.format(
                "<th class=\"number\">max</th><th>what each writer waited</th></tr></thead>%n<tbody>%n");
        double longestMs = report.outage().maxMs();
        int number = 0;
        for (var failover : report.failovers()) {
            number++;
            var outage = failover.outage();
            html.format(
                    "<tr><td class=\"number\">%d</td><td>%s</td>", number, text(failover.shard()));
            html.format(
                    "<td>%s</td><td>%s</td>",
                    text(String.valueOf(failover.trail().from())),
                    text(
                            failover.isComplete()
                                    ? String.valueOf(failover.trail().to())
                                    : "not completed: " + failover.shortfall()));
            html.format("<td class=\"number\">%.1f s</td>", failover.beganNs() / 1e9);
            html.format("<td class=\"number\">%.1f ms</td>", outage.p50Ms());
            html.format("<td class=\"number\">%.1f ms</td>", outage.maxMs());
            html.format("<td>%s</td></tr>%n", Plots.waits(failover.gaps(), longestMs));
        }
        html.format("</tbody></table></div>%n");
    }

    private void histogram() {
        if (report.gaps().isEmpty()) {
            return;
        }
        html.format("<h2>Outages</h2>%n");
        html.format(
                "<p class=\"soft\">How many writers waited how long, over all failovers%s.</p>%n",
                report.options().maxOutageMs() > 0 ? ". The dashed line is --max-outage-ms" : "");
        html.format("%s", Plots.histogram(report));
    }

    private void writers() {
        html.format("<h2>What writers were told</h2>%n<table>%n");
        html.format(
                "<thead><tr><th class=\"number\">writer</th><th>writes that failed</th></tr></thead>");
        html.format("%n<tbody>%n");
        int writer = 0;
        for (var failures : report.failuresByWriter()) {
            writer++;
            html.format(
                    "<tr><td class=\"number\">%d</td><td>%s</td></tr>%n",
                    writer, text(DrillReport.inWords(failures)));
        }
        html.format("</tbody></table>%n");
    }

    private void shards() {
        html.format(
                "<h2>What was read back</h2>%n<div class=\"scroll\"><table>%n<thead><tr><th>shard</th>");
        for (var name : List.of("acknowledged", "lost", "duplicated", "reordered", "uncalled")) {
            html.format("<th class=\"number\">%s</th>", name);
        }
        html.format("</tr></thead>%n<tbody>%n");
        for (int i = 0; i < report.shards().size(); i++) {
            var verdict = report.verdicts().get(i);
            html.format("<tr><td>%s</td>", text(report.shards().get(i)));
            for (long value :
                    new long[] {
                        verdict.acknowledged(),
                        verdict.lost(),
                        verdict.duplicated(),
                        verdict.reordered(),
                        verdict.uncalled()
                    }) {
                html.format("<td class=\"number\">%,d</td>", value);
            }
            html.format("</tr>%n");
        }
        html.format("</tbody></table></div>%n");
    }

    private void events() {
        html.format("<h2>Events of the cluster</h2>%n<div class=\"scroll\"><table>%n");
        html.format("<thead><tr><th>time</th><th>event</th></tr></thead>%n<tbody>%n");
        for (var event : report.events()) {
            html.format(
                    "<tr><td><time>%s</time></td><td>%s</td></tr>%n",
                    text(event.date().toString()), text(event.message()));
        }
        html.format("</tbody></table></div>%n");
    }

    private void environment() {
        html.format("<h2>Environment</h2>%n<table>%n<tbody>%n");
        environment.forEach((name, value) ->
                html.format(
                        "<tr><th scope=\"row\">%s</th><td>%s</td></tr>%n",
                        text(name), text(value)));
        html.format("</tbody></table>%n");
    }

    /// As text of a page, whatever a server says.
    private static String text(String raw) {
        return raw.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
