package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepsake.front.FrontOptions;
import dev.keepsake.resp.RespValue;
import dev.keepsake.shard.Publication;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a primary publishes for a client of another node: that its answer waits as any other does,
/// and that there is one, whatever becomes of the primary.
class RelayedPublishIT {
    private static final int A_WHILE_MS = 150;
    private static final int MAX_PARKED = 4;
    private static final int WITHIN_S = 120;
    private static final Publication MESSAGE =
            new Publication("c".getBytes(UTF_8), "m".getBytes(UTF_8));

    @TempDir Path directory;
    private ServedNode node;

    @BeforeEach
    void start() throws Exception {
        var standard = FrontOptions.standard();
        node =
                ServedNode.start(
                        directory,
                        new FrontOptions(
                                standard.limits(),
                                standard.maxConnections(),
                                MAX_PARKED,
                                standard.maxParkedBytes(),
                                standard.maxOutputBytes(),
                                standard.maxTotalOutputBytes(),
                                standard.maxTransactionBytes(),
                                standard.fullLogPatienceMs(),
                                standard.hold()));
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
        expectFailureWhenServingStops();
    }

    @Test
    void onAPrimaryWhoseEngineHasNotAnsweredItFailsToo() throws Exception {
        node.engine().command("CLIENT", "PAUSE", "100000", "ALL");
        expectFailureWhenServingStops();
    }

    private void expectFailureWhenServingStops() {
        var heard = node.front().publish(MESSAGE);
        assertThatThrownBy(() -> heard.get(A_WHILE_MS, TimeUnit.MILLISECONDS))
                .isInstanceOf(TimeoutException.class);
        node.front().stopServing();
        assertThatThrownBy(() -> heard.get(WITHIN_S, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasMessageContaining("unknown whether the message was published");
    }

    @Test
    void whileTheLogHasNoRoomItIsRefusedAndNotPublished() throws Exception {
        node.front().refuseWrites("no space left");
        assertThatThrownBy(() -> node.front().publish(MESSAGE).get(WITHIN_S, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasMessageContaining("MISCONF no space left");
        assertThat(published()).isZero();
        node.front().refuseWrites(null);
        node.front().onDurable(Long.MAX_VALUE);
        assertThat(node.front().publish(MESSAGE).get(WITHIN_S, TimeUnit.SECONDS)).isZero();
    }

    /// Otherwise what waits for a log that stands still would be without bound.
    @Test
    void whatComesFromOtherShardsIsLeftOutWhileTooMuchWaits() throws Exception {
        try (var client = node.connect()) {
            node.front().publishFromAnotherShard(MESSAGE);
            for (int i = 0; i < MAX_PARKED; i++) {
                node.front().publish(MESSAGE);
            }
            await("they are published", () -> published() == MAX_PARKED + 1);
            await("no commands are taken", () -> isSilent(client));
            node.front().publishFromAnotherShard(MESSAGE);
            node.front().publish(MESSAGE); // behind it
            await("that is published", () -> published() > MAX_PARKED + 1);
            assertThat(published()).isEqualTo(MAX_PARKED + 2);

            node.front().onDurable(Long.MAX_VALUE);
            assertThat(client.read()).isEqualTo("PONG");
            node.front().publishFromAnotherShard(MESSAGE);
            await("they are published again", () -> published() == MAX_PARKED + 3);
        }
    }

    private static boolean isSilent(Wire client) {
        try {
            client.send("PING");
            boolean silent = !client.hasReplyWithin(A_WHILE_MS);
            if (!silent) {
                client.read();
            }
            return silent;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// How often the engine has published.
    private int published() {
        try {
            var info = (RespValue.Bulk) node.engine().command("INFO", "commandstats");
            var calls = Pattern.compile("cmdstat_publish:calls=(\\d+)").matcher(info.utf8());
            return calls.find() ? Integer.parseInt(calls.group(1)) : 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
