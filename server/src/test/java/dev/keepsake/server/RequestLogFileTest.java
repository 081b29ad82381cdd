package dev.keepsake.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepsake.api.RequestRecord;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RequestLogFileTest {
    private static final int LINE_BYTES = request(100).json().length() + 1;

    @TempDir private Path directory;

    @Test
    void everyRecordIsALineInItsOrder() throws Exception {
        var file = directory.resolve("requests");
        addTo(file, 1_000_000, 100, 103);
        addTo(file, 1_000_000, 103, 104);
        assertThat(numbersIn(file)).containsExactly(100, 101, 102, 103);
        assertThat(Files.getPosixFilePermissions(file))
                .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    }

    @Test
    void aFullFileIsRenamedAndTheOldestIsDeleted() throws Exception {
        var file = directory.resolve("requests");
        addTo(file, 2 * LINE_BYTES, 100, 114);
        assertThat(numbersIn(file)).containsExactly(112, 113);
        assertThat(numbersIn(directory.resolve("requests.1"))).containsExactly(110, 111);
        assertThat(numbersIn(directory.resolve("requests.4"))).containsExactly(104, 105);
        try (var files = Files.list(directory)) {
            assertThat(files).hasSize(5);
        }
        for (int i = 1; i <= 4; i++) {
            assertThat(Files.size(directory.resolve("requests." + i)))
                    .isLessThanOrEqualTo(2L * LINE_BYTES);
        }
    }

    @Test
    void whatFindsNoPlaceIsMissingAndTheRestIsThere() throws Exception {
        var file = directory.resolve("requests");
        try (var log = RequestLogFile.open(file, 1_000_000, 1)) {
            for (int i = 100; i < 900; i++) {
                log.add(request(i));
            }
        }
        var numbers = numbersIn(file);
        assertThat(numbers).isSorted().doesNotHaveDuplicates().startsWith(100);
    }

    @Test
    void aPlaceThatCannotBeWrittenIsRefusedAndLeftAlone() throws Exception {
        var before = Files.getPosixFilePermissions(directory);
        assertThatThrownBy(() -> RequestLogFile.open(directory))
                .isInstanceOf(StartException.class)
                .hasMessageContaining("--request-log is " + directory)
                .hasMessageContaining("give a file in a directory that is there");
        assertThat(Files.getPosixFilePermissions(directory)).isEqualTo(before);
        assertThatThrownBy(() -> RequestLogFile.open(directory.resolve("no/requests")))
                .isInstanceOf(StartException.class);
    }

    private static void addTo(Path file, int maxBytes, int from, int to) throws StartException {
        try (var log = RequestLogFile.open(file, maxBytes, 1_000)) {
            for (int i = from; i < to; i++) {
                log.add(request(i));
            }
        }
    }

    private static List<Integer> numbersIn(Path file) throws Exception {
        var numbers = new ArrayList<Integer>();
        for (var line : Files.readAllLines(file)) {
            assertThat(line).startsWith("{\"eventTime\":").endsWith("}");
            numbers.add(Integer.parseInt(line.replaceFirst(".*\"requestID\":\"(\\d+)\".*", "$1")));
        }
        return numbers;
    }

    private static RequestRecord request(int id) {
        return new RequestRecord(
                Instant.EPOCH,
                "DescribeClusters",
                "us-east-1",
                "key",
                "",
                false,
                "127.0.0.1",
                "",
                Map.of(),
                Integer.toString(id),
                200,
                "",
                0);
    }
}
