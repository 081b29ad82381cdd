package dev.keepsake.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;

class EmbeddedLogTest extends TransactionLogConformance {
    private static final Path DIRECTORY = Path.of("/log");
    private static final EmbeddedLogOptions SMALL = new EmbeddedLogOptions(4096, 1 << 20, 2048);

    private final MemoryDisk machine = new MemoryDisk();
    private final List<String> faults = new CopyOnWriteArrayList<>();

    @Override
    protected TransactionLog open() throws IOException {
        return open(SMALL);
    }

    @Override
    protected TransactionLog reopen() throws IOException {
        return open(SMALL);
    }

    private EmbeddedLog open(EmbeddedLogOptions options) throws IOException {
        return EmbeddedLog.open(
                DIRECTORY,
                machine.mount(),
                options,
                Thread.ofPlatform().daemon().name("log-writer").factory(),
                (what, _) -> faults.add(what));
    }

    @AfterEach
    void noFaultWasFound() {
        assertThat(faults).isEmpty();
    }
}
