package dev.keepsake.drill;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.control.FailoverMode;
import java.io.StringReader;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.xml.sax.InputSource;

class HtmlReportTest {
    private static final long MS = 1_000_000;
    private static final long S = 1_000 * MS;

    private static DrillReport report(int maxOutageMs, long lost, String event) {
        var trail = new FailoverTrail(4, "c-0001-001", "c-0001-002");
        var first = List.of(new Gap(S, S + 40 * MS), new Gap(S + MS, S + 21 * MS));
        var second = List.of(new Gap(3 * S, 3 * S + 80 * MS), new Gap(3 * S, 3 * S + 60 * MS));
        return new DrillReport(
                new DrillOptions(
                        2, 0, 1, 1, 2, 0, FailoverMode.CRASH, DrillFault.FAILOVER, maxOutageMs),
                List.of(
                        new FailoverResult("0001", trail, first, null, null),
                        new FailoverResult("0001", trail, second, null, null)),
                List.of("0001"),
                List.of(new Verdict(1_234, lost, 0, 0, 0)),
                List.of(Map.of(FailureKind.CONNECTION_LOST, 3L), Map.of()),
                new Throughput(
                        100 * MS,
                        LongStream.range(0, 50).mapToObj(i -> i == 10 ? 0L : 200L).toList()),
                List.of(new DrillEvent(Instant.parse("2026-11-30T10:00:00Z"), event)));
    }

    private static String html(DrillReport report) {
        var environment = new LinkedHashMap<String, String>();
        environment.put("Java", "25");
        environment.put("System", "<script>alert(1)</script>");
        return HtmlReport.of(report, environment);
    }

    /// The page is written so that an XML parser reads it, but for the doctype and `meta`.
    private static Document parsed(String html) throws Exception {
        var xml = html.replace("<!doctype html>", "").replaceAll("<meta ([^>]*)>", "<meta $1/>");
        return DocumentBuilderFactory.newDefaultInstance()
                .newDocumentBuilder()
                .parse(new InputSource(new StringReader(xml)));
    }

    @Test
    void showsTheVerdictTheFiguresAndEachFailover() throws Exception {
        var text =
                parsed(html(report(0, 0, "Cluster created.")))
                        .getDocumentElement()
                        .getTextContent();
        assertThat(text)
                .contains("Passed: every acknowledged write is there")
                .contains("FailoverShard in the mode crash")
                .contains("1,234")
                .contains("c-0001-001", "c-0001-002")
                .contains("80.0 ms")
                .contains("connection_lost 3")
                .contains("Cluster created.");
    }

    @Test
    void opensWithoutANetAndRunsNothing() {
        assertThat(html(report(0, 0, "Cluster created.")))
                .doesNotContain("<script", "src=", "href=", "http:", "https:", "@import", "url(");
    }

    @Test
    void whatAServerSaysIsTextAndNothingElse() throws Exception {
        var page = parsed(html(report(0, 0, "<img src=x onerror=\"alert(1)\">&")));
        assertThat(page.getElementsByTagName("img").getLength()).isZero();
        assertThat(page.getElementsByTagName("script").getLength()).isZero();
        assertThat(page.getDocumentElement().getTextContent())
                .contains("<img src=x onerror=\"alert(1)\">&")
                .contains("<script>alert(1)</script>");
    }

    @Test
    void aBandOfTheCourseIsWhereTheWritersWaited() throws Exception {
        var course = (Element) parsed(html(report(0, 0, "x"))).getElementsByTagName("svg").item(0);
        var bands = course.getElementsByTagName("rect");
        assertThat(bands.getLength()).isEqualTo(2);
        // 5 s are 890 units wide, behind 60 of margin.
        assertThat(number((Element) bands.item(0), "x")).isBetween(237.9, 238.1);
        assertThat(number((Element) bands.item(1), "x")).isBetween(593.9, 594.1);
        assertThat(number((Element) bands.item(1), "width")).isBetween(14.1, 14.3);
    }

    @Test
    void theHistogramCountsEveryWait() {
        var titles = Pattern.compile("<title>\\d+ to \\d+ ms: (\\d+)</title>");
        long waits =
                titles.matcher(html(report(50, 0, "x")))
                        .results()
                        .mapToLong(found -> Long.parseLong(found.group(1)))
                        .sum();
        assertThat(waits).isEqualTo(4);
    }

    @Test
    void aBudgetThatIsExceededIsAFailureOfItsOwn() {
        var within = report(80, 0, "x");
        assertThat(within.outcome()).isEqualTo(DrillOutcome.PASSED);
        var over = report(79, 0, "x");
        assertThat(over.outcome()).isEqualTo(DrillOutcome.OVER_BUDGET);
        assertThat(over.outcome().exitCode()).isEqualTo(3);
        assertThat(over.table()).contains("FAILED: an outage took 80.0 ms", "Nothing is lost");
        assertThat(html(over)).contains("class=\"verdict failed\"").contains("class=\"budget\"");
        assertThat(report(79, 1, "x").outcome()).as("a loss is worse").isEqualTo(DrillOutcome.LOST);
    }

    @Test
    void ciSystemsReadATestForEachFailoverAndWhatFailed() throws Exception {
        var suite = parsed(JunitXml.of(report(79, 2, "x"))).getDocumentElement();
        assertThat(suite.getAttribute("tests")).isEqualTo("4");
        assertThat(suite.getAttribute("failures")).isEqualTo("2");
        var failure = (Element) suite.getElementsByTagName("failure").item(0);
        assertThat(failure.getAttribute("message")).contains("lost=2");
        var test = (Element) suite.getElementsByTagName("testcase").item(1);
        assertThat(test.getAttribute("name")).isEqualTo("failover 2 of shard 0001");
        assertThat(test.getAttribute("time")).isEqualTo("0.080");

        var error = parsed(JunitXml.ofError("nobody answers\u0007")).getDocumentElement();
        assertThat(error.getAttribute("errors")).isEqualTo("1");
    }

    private static double number(Element element, String attribute) {
        return Double.parseDouble(element.getAttribute(attribute));
    }
}
