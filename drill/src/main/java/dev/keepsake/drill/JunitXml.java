package dev.keepsake.drill;

import java.io.StringWriter;
import java.util.Locale;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/// A report of a drill in the form in which CI systems read test results: a test for each failover,
/// one for the data, and one for the budget if there is one.
public final class JunitXml {
    private static final String SUITE = "keepsake drill";

    private final StringWriter text = new StringWriter();
    private final XMLStreamWriter xml;

    private JunitXml() throws XMLStreamException {
        this.xml = XMLOutputFactory.newDefaultFactory().createXMLStreamWriter(text);
    }

    /// What a drill found.
    public static String of(DrillReport report) {
        try {
            return new JunitXml().write(report);
        } catch (XMLStreamException e) {
            throw new IllegalStateException("XML cannot be written to memory", e);
        }
    }

    /// Of a drill that could not run.
    public static String ofError(String message) {
        try {
            return new JunitXml().writeError(message);
        } catch (XMLStreamException e) {
            throw new IllegalStateException("XML cannot be written to memory", e);
        }
    }

    private String write(DrillReport report) throws XMLStreamException {
        boolean hasBudget = report.options().maxOutageMs() > 0;
        long failed =
                report.failovers().stream().filter(each -> !each.isComplete()).count()
                        + (report.total().isIntact() ? 0 : 1)
                        + (report.isOverBudget() ? 1 : 0);
        begin(report.failovers().size() + 1 + (hasBudget ? 1 : 0), failed, 0);
        int number = 0;
        for (var failover : report.failovers()) {
            number++;
            test(
                    "failover %d of shard %s".formatted(number, failover.shard()),
                    failover.outage().maxMs() / 1_000,
                    failover.isComplete() ? "" : String.valueOf(failover.shortfall()));
        }
        test(
                "every acknowledged write is there, once and in order",
                0,
                report.total().isIntact() ? "" : report.total().toString());
        if (hasBudget) {
            test(
                    "no outage is longer than %d ms".formatted(report.options().maxOutageMs()),
                    report.outage().maxMs() / 1_000,
                    report.isOverBudget() ? report.budgetInWords() : "");
        }
        xml.writeStartElement("system-out");
        xml.writeCharacters(printable(report.table()));
        xml.writeEndElement();
        return end();
    }

    private String writeError(String message) throws XMLStreamException {
        begin(1, 0, 1);
        xml.writeStartElement("testcase");
        xml.writeAttribute("classname", SUITE);
        xml.writeAttribute("name", "the drill runs");
        xml.writeStartElement("error");
        xml.writeAttribute("message", printable(message));
        xml.writeEndElement();
        xml.writeEndElement();
        return end();
    }

    private void begin(long tests, long failures, long errors) throws XMLStreamException {
        xml.writeStartDocument("UTF-8", "1.0");
        xml.writeStartElement("testsuite");
        xml.writeAttribute("name", SUITE);
        xml.writeAttribute("tests", Long.toString(tests));
        xml.writeAttribute("failures", Long.toString(failures));
        xml.writeAttribute("errors", Long.toString(errors));
    }

    private void test(String name, double seconds, String failure) throws XMLStreamException {
        xml.writeStartElement("testcase");
        xml.writeAttribute("classname", SUITE);
        xml.writeAttribute("name", printable(name));
        xml.writeAttribute("time", String.format(Locale.ROOT, "%.3f", seconds));
        if (!failure.isEmpty()) {
            xml.writeStartElement("failure");
            xml.writeAttribute("message", printable(failure));
            xml.writeEndElement();
        }
        xml.writeEndElement();
    }

    private String end() throws XMLStreamException {
        xml.writeEndElement();
        xml.writeEndDocument();
        xml.close();
        return text + "\n";
    }

    /// XML has no form for most control characters.
    private static String printable(String raw) {
        return raw.replaceAll(
                "[^\\t\\n\\r\\x20-\\uD7FF\\uE000-\\uFFFD\\x{10000}-\\x{10FFFF}]", "?");
    }
}
