package dev.keepsake.log.bookkeeper;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.log.TransactionLog;
import dev.keepsake.log.TransactionLogConformance;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/// The log on three real bookies.
class BookKeeperLogIT extends TransactionLogConformance {
    private static final List<String> FAULTS = new CopyOnWriteArrayList<>();

    @TempDir private static Path directory;
    private static TestBookKeeper bookKeeper;
    private static BookKeeperLogs logs;
    private static int opened;

    @BeforeAll
    static void start() throws Exception {
        bookKeeper = TestBookKeeper.start(directory, 3);
        logs = connect(bookKeeper);
    }

    @AfterAll
    static void stop() {
        logs.close();
        bookKeeper.close();
    }

    @AfterEach
    void noFaultWasFound() {
        assertThat(FAULTS).isEmpty();
    }

    @Override
    protected TransactionLog open() throws IOException {
        opened++;
        return logs.open("log-" + opened);
    }

    @Override
    protected TransactionLog reopen() throws IOException {
        return logs.open("log-" + opened);
    }

    private static BookKeeperLogs connect(TestBookKeeper bookKeeper) throws IOException {
        return TestBookKeeper.connect(small(bookKeeper), (what, _) -> FAULTS.add(what));
    }

    private static BookKeeperOptions small(TestBookKeeper bookKeeper) {
        return new BookKeeperOptions(
                bookKeeper.metadata(),
                bookKeeper.ledgersPath(),
                Quorum.standard(),
                4096,
                100_000,
                1 << 20,
                2048,
                TestBookKeeper.PATIENT,
                TestBookKeeper.PATIENT,
                Duration.ofSeconds(1),
                Duration.ofMillis(10));
    }
}
