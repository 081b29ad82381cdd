package dev.keepsake.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every fault that an operation declares is raised by a call of `fault-calls.tsv`, or listed in
/// `docs/compatibility.md` with the reason that it never is.
class FaultTableTest {
    private static final Path DOCUMENT = Path.of("..", "docs", "compatibility.md");
    private static final String HEADING = "### Faults that are never raised";
    private static final Pattern CODE = Pattern.compile("`([A-Za-z]+)`");

    private final Model model = Model.standard();

    /// A call that raises a fault.
    record Row(String operation, String fault, String scene, String request) {
        @Override
        public String toString() {
            return operation + " " + fault;
        }
    }

    @ParameterizedTest
    @MethodSource("rows")
    void theCallRaisesTheFault(Row row) {
        int failoverQuota = row.scene().equals("failedOver") ? 1 : 0;
        try (var api = new RunningApi(failoverQuota)) {
            var scene = new FaultScene(api);
            scene.build(row.scene());
            String request =
                    row.request()
                            .replace("$TAGS", FaultScene.TAGS)
                            .replace("$SUBNETS", FaultScene.SUBNETS);
            if (request.contains("$OFFERING")) {
                request = request.replace("$OFFERING", scene.offering());
            }
            if (request.contains("$OTHERZONE")) {
                request = request.replace("$OTHERZONE", scene.subnetElsewhere());
            }
            String message = api.call(row.operation(), request).refused(400, row.fault());
            assertThat(message).isNotBlank();
        }
    }

    @Test
    void everyFaultIsRaisedOrSaidToBeImpossible() throws IOException {
        var declared = new TreeSet<String>();
        for (String operation : model.operations()) {
            model.faultsOf(operation).forEach(fault -> declared.add(operation + " " + fault));
        }
        var raised = rows().map(Row::toString).collect(Collectors.toCollection(TreeSet::new));
        var impossible = impossible(declared);
        assertThat(raised)
                .as("raised by a call, and said to be impossible")
                .doesNotContainAnyElementsOf(impossible);
        var known = new TreeSet<>(raised);
        known.addAll(impossible);
        assertThat(declared).isEqualTo(known);
    }

    static Stream<Row> rows() throws IOException {
        try (var in = FaultTableTest.class.getResourceAsStream("fault-calls.tsv")) {
            assertThat(in).isNotNull();
            return new String(in.readAllBytes(), UTF_8)
                            .lines()
                            .filter(line -> !line.startsWith("#"))
                            .map(line -> line.split("\t", -1))
                            .map(cells -> new Row(cells[0], cells[1], cells[2], cells[3]))
                            .toList()
                            .stream();
        }
    }

    /// Every row of the document's table: faults, operations or "any", why.
    private static Set<String> impossible(Set<String> declared) throws IOException {
        var text = Files.readString(DOCUMENT);
        assertThat(text).contains(HEADING);
        var table =
                text.substring(text.indexOf(HEADING) + HEADING.length())
                        .lines()
                        .takeWhile(line -> !line.startsWith("#"))
                        .filter(line -> line.startsWith("| `"))
                        .toList();
        var pairs = new TreeSet<String>();
        for (String line : table) {
            var cells = line.split("\\|", -1);
            assertThat(cells).as(line).hasSize(5);
            assertThat(cells[3]).as(line).isNotBlank();
            for (String fault : codes(cells[1])) {
                var operations = codes(cells[2]);
                if (operations.isEmpty()) {
                    assertThat(cells[2].strip()).isEqualTo("any");
                    declared.stream()
                            .filter(pair -> pair.endsWith(" " + fault))
                            .forEach(pairs::add);
                }
                operations.forEach(operation -> pairs.add(operation + " " + fault));
            }
        }
        return pairs;
    }

    private static List<String> codes(String cell) {
        return CODE.matcher(cell).results().map(found -> found.group(1)).toList();
    }
}
