package dev.keepsake.tests;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepsake.front.FrontOptions;
import dev.keepsake.shard.Publication;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a primary publishes for a client of another node: that its answer waits as any other does,
/// and that there is one, whatever becomes of the primary.
class RelayedPublishIT {
    private static final int A_WHILE_MS = 150;
    private static final int WITHIN_S = 30;
    private static final Publication MESSAGE =
            new Publication("c".getBytes(UTF_8), "m".getBytes(UTF_8));

    @TempDir Path directory;
    private ServedNode node;

    @BeforeEach
    void start() throws Exception {
        node = ServedNode.start(directory, FrontOptions.standard("7.0.15"));
    }

    @AfterEach
    void stop() throws Exception {
        node.close();
    }

    @Test
    void itIsAnsweredOnceItIsDurable() throws Exception {
        var heard = node.front().publish(MESSAGE);
        assertThatThrownBy(() -> heard.get(A_WHILE_MS, TimeUnit.MILLISECONDS))
                .isInstanceOf(TimeoutException.class);
        node.front().onDurable(Long.MAX_VALUE);
        assertThat(heard.get(WITHIN_S, TimeUnit.SECONDS)).isZero();
    }

    @Test
    void onAPrimaryThatStopsBeforeItIsDurableItFails() {
        var heard = node.front().publish(MESSAGE);
        assertThatThrownBy(() -> heard.get(A_WHILE_MS, TimeUnit.MILLISECONDS))
                .isInstanceOf(TimeoutException.class);
        node.front().stopServing();
        assertThatThrownBy(() -> heard.get(WITHIN_S, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasMessageContaining("not known");
    }

    @Test
    void onAPrimaryWhoseEngineHasNotAnsweredItFailsToo() throws Exception {
        node.engine().command("CLIENT", "PAUSE", "100000", "ALL");
        var heard = node.front().publish(MESSAGE);
        assertThatThrownBy(() -> heard.get(A_WHILE_MS, TimeUnit.MILLISECONDS))
                .isInstanceOf(TimeoutException.class);
        node.front().stopServing();
        assertThatThrownBy(() -> heard.get(WITHIN_S, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasMessageContaining("not known");
    }
}
