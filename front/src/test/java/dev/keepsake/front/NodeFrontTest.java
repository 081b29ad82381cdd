package dev.keepsake.front;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/// The front of a node as a whole.
class NodeFrontTest {
    /// A server lives longer than its clusters.
    @Test
    void aClosedFrontGivesTheSharedMemoryBack() throws Exception {
        try (var node = new TestFront()) {
            long alone = mostOfHeap(node);
            try (var client = node.connect()) {
                assertThat(client.ask("SUBSCRIBE news")).startsWith("*3");
                node.onLoop(() -> {
                    node.front.watchClients();
                    return true;
                });
                assertThat(mostOfHeap(node)).isLessThan(alone);

                node.front.close();
                assertThat(client.read()).isEqualTo(SocketClient.CLOSED);
                TestFront.await("all is given back", () -> mostOfHeap(node) == alone);
            }
        }
    }

    /// The bytes of heap that the clients of another node may use.
    private static long mostOfHeap(TestFront node) {
        return node.room.heapBytes().share().most();
    }
}
