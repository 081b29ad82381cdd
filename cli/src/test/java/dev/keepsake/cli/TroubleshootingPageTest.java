package dev.keepsake.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// `docs/troubleshooting.md` has a section for each warning and error that the sources can log,
/// with its level and its logger, and for nothing else. Headings have the beginnings of long texts.
class TroubleshootingPageTest {
    private static final Path PAGE = Path.of("../docs/troubleshooting.md");

    /// A section, such as ``### `node=… died` `` and, behind an empty line, `` `WARN` of `Fleet`.
    /// ``
    private static final Pattern SECTION =
            Pattern.compile("(?m)^### `(.+)`\\n\\n`(WARN|ERROR)` of `(\\w+)`\\. (?=\\S)");

    private static final int TEXT_MAX = 110;
    private static final Pattern HEADING = Pattern.compile("(?m)^### `.*$");

    @Test
    void thePageHasEachWarningAndErrorOfTheSources() throws Exception {
        var sources = new TreeSet<LogMessages.Message>();
        LogMessages.in(Path.of("..")).forEach(message -> sources.add(shortened(message)));
        assertThat(sources).as("found in the sources").hasSizeGreaterThan(60);
        var page = Files.readString(PAGE);
        var sections = sections(page);
        assertThat(missing(sources, sections)).as("missing in %s", PAGE).isEmpty();
        assertThat(missing(sections, sources)).as("in %s, but not in the sources", PAGE).isEmpty();
        assertThat(HEADING.matcher(page).results()).hasSize(sections.size());
    }

    private static LogMessages.Message shortened(LogMessages.Message message) {
        var text = message.text();
        if (text.length() > TEXT_MAX) {
            var beginning = text.substring(0, TEXT_MAX);
            text = beginning.substring(0, beginning.lastIndexOf(' ')) + " …";
        }
        return new LogMessages.Message(message.level(), message.logger(), text);
    }

    private static Set<LogMessages.Message> sections(String page) {
        var sections = new TreeSet<LogMessages.Message>();
        var section = SECTION.matcher(page);
        while (section.find()) {
            sections.add(
                    new LogMessages.Message(section.group(2), section.group(3), section.group(1)));
        }
        return sections;
    }

    private static List<LogMessages.Message> missing(
            Set<LogMessages.Message> wanted, Set<LogMessages.Message> there) {
        var missing = new ArrayList<>(wanted);
        missing.removeAll(there);
        return missing;
    }
}
