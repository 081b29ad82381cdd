package dev.keepsake.drill;

import java.util.Formatter;
import java.util.List;
import java.util.Locale;

/// The plots of a [HtmlReport], as SVG with the classes of its style.
final class Plots {
    private static final int WIDTH = 960;
    private static final int LEFT = 60;
    private static final int RIGHT = 10;
    private static final int TOP = 22;
    private static final int COURSE_HEIGHT = 240;
    private static final int HISTOGRAM_HEIGHT = 180;
    private static final int BOTTOM = 24;
    private static final int BINS = 24;
    private static final int MOST_LABELS = 30;
    private static final int BARS_WIDTH = 160;
    private static final int BAR_HEIGHT = 4;
    private static final int THINNEST = 2;

    private Plots() {}

    /// Throughput over time, and a band for each failover.
    static String course(DrillReport report) {
        var throughput = report.throughput();
        var svg = new Formatter(Locale.ROOT);
        double seconds = Math.max(throughput.seconds(), 0.001);
        double most = 1;
        for (int i = 0; i < throughput.counts().size(); i++) {
            most = Math.max(most, throughput.perSecond(i));
        }
        double top = niceAbove(most);
        open(
                svg,
                COURSE_HEIGHT,
                "Acknowledged writes a second over %.1f seconds, with %d failovers"
                        .formatted(seconds, report.failovers().size()));
        int bottom = COURSE_HEIGHT - BOTTOM;
        axes(svg, bottom, seconds, " s", top, "writes/s");
        int number = 0;
        for (var failover : report.failovers()) {
            number++;
            double from = x(failover.beganNs() / 1e9, seconds);
            double to = Math.max(from + THINNEST, x(failover.endedNs() / 1e9, seconds));
            svg.format(
                    "<rect class=\"outage\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\">"
                            + "<title>failover %d: %.1f ms</title></rect>%n",
                    from, TOP, to - from, bottom - TOP, number, failover.outage().maxMs());
            if (report.failovers().size() <= MOST_LABELS) {
                svg.format(
                        "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%d</text>%n",
                        (from + to) / 2, TOP - 6, number);
            }
        }
        svg.format("<path class=\"writes\" d=\"M%d %d", LEFT, bottom);
        double stretchS = throughput.stretchNs() / 1e9;
        for (int i = 0; i < throughput.counts().size(); i++) {
            double y = bottom - (bottom - TOP) * throughput.perSecond(i) / top;
            svg.format("H%.1fV%.1f", x(i * stretchS, seconds), y);
        }
        svg.format("H%.1fV%dZ\"/>%n</svg>%n", x(seconds, seconds), bottom);
        return svg.toString();
    }

    /// How many waits were how long.
    static String histogram(DrillReport report) {
        var gaps = report.gaps();
        int budgetMs = report.options().maxOutageMs();
        double widest = niceAbove(Math.max(report.outage().maxMs(), budgetMs));
        var counts = new int[BINS];
        for (var gap : gaps) {
            counts[Math.min(BINS - 1, (int) (gap.lengthNs() / 1e6 / widest * BINS))]++;
        }
        int most = 1;
        for (int count : counts) {
            most = Math.max(most, count);
        }
        var svg = new Formatter(Locale.ROOT);
        open(
                svg,
                HISTOGRAM_HEIGHT,
                "Histogram of %d waits up to %.0f ms".formatted(gaps.size(), widest));
        int bottom = HISTOGRAM_HEIGHT - BOTTOM;
        axes(svg, bottom, widest, " ms", most, "waits");
        double binWidth = (double) (WIDTH - LEFT - RIGHT) / BINS;
        for (int i = 0; i < BINS; i++) {
            double height = (double) (bottom - TOP) * counts[i] / most;
            svg.format(
                    "<rect class=\"bar\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\">"
                            + "<title>%.0f to %.0f ms: %d</title></rect>%n",
                    LEFT + i * binWidth + 1,
                    bottom - height,
                    binWidth - 2,
                    height,
                    i * widest / BINS,
                    (i + 1) * widest / BINS,
                    counts[i]);
        }
        if (budgetMs > 0) {
            double at = x(budgetMs, widest);
            svg.format(
                    "<line class=\"budget\" x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\"/>%n",
                    at, TOP, at, bottom);
        }
        svg.format("</svg>%n");
        return svg.toString();
    }

    /// A bar for each writer, all from the time at which the first of them began to wait.
    static String waits(List<Gap> gaps, double longestMs) {
        long firstNs = gaps.stream().mapToLong(Gap::fromNs).min().orElse(0);
        long lastNs = gaps.stream().mapToLong(Gap::toNs).max().orElse(0);
        double wholeNs = Math.max(1, Math.max(lastNs - firstNs, (long) (longestMs * 1e6)));
        int height = gaps.size() * (BAR_HEIGHT + 1);
        var svg = new Formatter(Locale.ROOT);
        svg.format(
                "<svg viewBox=\"0 0 %d %d\" style=\"width:%dpx;height:%dpx\" role=\"img\""
                        + " aria-label=\"waits of %d writers\">",
                BARS_WIDTH, height, BARS_WIDTH, height, gaps.size());
        for (int i = 0; i < gaps.size(); i++) {
            var gap = gaps.get(i);
            svg.format(
                    "<rect class=\"bar\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\"/>",
                    (gap.fromNs() - firstNs) / wholeNs * BARS_WIDTH,
                    i * (BAR_HEIGHT + 1),
                    Math.max(1, gap.lengthNs() / wholeNs * BARS_WIDTH),
                    BAR_HEIGHT);
        }
        svg.format("</svg>");
        return svg.toString();
    }

    /// @param label what it shows, without characters that XML writes otherwise
    private static void open(Formatter svg, int height, String label) {
        svg.format(
                "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">%n",
                WIDTH, height, label);
    }

    private static double x(double value, double whole) {
        return LEFT + (WIDTH - LEFT - RIGHT) * Math.clamp(value / whole, 0, 1);
    }

    private static void axes(
            Formatter svg, int bottom, double across, String unit, double up, String upName) {
        svg.format(
                "<path class=\"axis\" fill=\"none\" d=\"M%d %dV%dH%d\"/>%n",
                LEFT, TOP, bottom, WIDTH - RIGHT);
        double step = niceAbove(across / 8);
        for (int i = 0; i * step <= across * 1.0001; i++) {
            svg.format(
                    "<text x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">%s%s</text>%n",
                    x(i * step, across),
                    bottom + 16,
                    i * step > across * 0.97 ? "end" : "middle",
                    number(i * step),
                    unit);
        }
        svg.format(
                "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>%n",
                LEFT - 6, TOP + 8, number(up));
        svg.format("<text x=\"%d\" y=\"%d\" text-anchor=\"end\">0</text>%n", LEFT - 6, bottom);
        svg.format("<text x=\"%d\" y=\"%d\">%s</text>%n", 2, 10, upName);
    }

    private static String number(double value) {
        return value == Math.rint(value)
                ? String.format(Locale.ROOT, "%,.0f", value)
                : String.format(Locale.ROOT, "%.1f", value);
    }

    /// The next of 1, 2, 5, 10, 20, … that is not below a value.
    static double niceAbove(double value) {
        double power = Math.pow(10, Math.floor(Math.log10(Math.max(value, 0.1))));
        for (double factor : new double[] {1, 2, 5}) {
            if (value <= factor * power) {
                return factor * power;
            }
        }
        return 10 * power;
    }
}
