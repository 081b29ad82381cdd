package dev.keepsake.front;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class HandshakesTest {
    private final Handshakes handshakes = new Handshakes(3);
    private final Handshakes.Node attacked = handshakes.node();
    private final List<String> givenUp = new ArrayList<>();

    private Handshakes.Handshake begin(Handshakes.Node node, String name) {
        return node.begin(() -> givenUp.add(name));
    }

    @Test
    void theOldestHandshakeIsGivenUpBeyondTheBound() {
        begin(attacked, "a");
        begin(attacked, "b");
        begin(attacked, "c");
        assertThat(givenUp).isEmpty();
        begin(attacked, "d");
        assertThat(givenUp).containsExactly("a");
        begin(attacked, "e");
        assertThat(givenUp).containsExactly("a", "b");
        assertThat(handshakes.unfinished()).isEqualTo(3);
    }

    @Test
    void anEndedHandshakeMakesRoom() {
        var first = begin(attacked, "a");
        begin(attacked, "b");
        begin(attacked, "c");
        first.end();
        first.end(); // a second call has no effect
        begin(attacked, "d");
        assertThat(givenUp).isEmpty();
        assertThat(handshakes.unfinished()).isEqualTo(3);
    }

    @Test
    void aHandshakeThatWasGivenUpMayEndTwice() {
        var first = begin(attacked, "a");
        begin(attacked, "b");
        begin(attacked, "c");
        begin(attacked, "d");
        first.end();
        assertThat(handshakes.unfinished()).isEqualTo(3);
        begin(attacked, "e");
        assertThat(givenUp).containsExactly("a", "b");
    }

    @Test
    void theNodeWithMostHandshakesLosesOneHoweverOldTheOthersAre() {
        var room = new Handshakes(10);
        var flooded = room.node();
        var quiet = room.node();
        quiet.begin(() -> givenUp.add("quiet"));
        for (int i = 0; i < 100; i++) {
            flooded.begin(() -> givenUp.add("flood"));
        }
        quiet.begin(() -> givenUp.add("quiet"));
        assertThat(givenUp).hasSize(92).containsOnly("flood");
        assertThat(room.unfinished()).isEqualTo(10);
    }
}
