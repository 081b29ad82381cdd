package dev.keepsake.front;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SessionTest {
    private final Session session = new Session();

    /// As `resetCommand` in Redis 7.0: what CLIENT SETINFO has set stays.
    @Test
    void resetReturnsTheSessionToItsFirstState() {
        session.user("ann");
        session.endsAt(5);
        session.speak(3);
        session.readOnly(true);
        session.spared(true);
        session.touchesNothing(true);
        session.name("worker");
        session.libraryName("lib");
        session.reset("default");
        assertThat(session.user()).isEqualTo("default");
        assertThat(session.isLimited()).isFalse();
        assertThat(session.protocol()).isEqualTo(2);
        assertThat(session.readOnly()).isFalse();
        assertThat(session.spared()).isFalse();
        assertThat(session.touchesNothing()).isFalse();
        assertThat(session.name()).isEmpty();
        assertThat(session.libraryName()).isEqualTo("lib");
    }

    /// The expiry of a token does not apply to the next user.
    @Test
    void aLoginAsAnotherUserHasItsOwnExpiry() {
        session.user("by-token");
        session.endsAt(5);
        assertThat(session.isLimited()).isTrue();
        session.user("by-password");
        assertThat(session.isLimited()).isFalse();
    }

    @Test
    void namesThatTheClientChoosesCountInTheHeap() {
        session.name("n".repeat(1000));
        session.libraryName("l".repeat(100));
        session.libraryVersion("v".repeat(10));
        assertThat(session.heapBytes()).isGreaterThanOrEqualTo(2 * 1110);
    }
}
