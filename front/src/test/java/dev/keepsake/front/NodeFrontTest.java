package dev.keepsake.front;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is left of a front that is thrown away.
class NodeFrontTest {
    @TempDir Path directory;

    /// Clusters come and go, and the process stays.
    @Test
    void aClosedFrontTakesNothingOfWhatAllNodesShare() throws Exception {
        try (var node = new TestFront(directory);
                var client = node.connect()) {
            long alone = mostOfHeap(node);
            assertThat(client.ask("SUBSCRIBE news")).startsWith("*3");
            node.onLoop(() -> {
                node.front.parts().clients().watch();
                return true;
            });
            assertThat(mostOfHeap(node)).isLessThan(alone);

            node.front.close();
            assertThat(client.read()).isEqualTo(SocketClient.CLOSED);
            TestFront.await("all is given back", () -> mostOfHeap(node) == alone);
        }
    }

    /// How much of the heap the clients of another node may hold.
    private static long mostOfHeap(TestFront node) {
        return node.room.heapBytes().share().most();
    }
}
