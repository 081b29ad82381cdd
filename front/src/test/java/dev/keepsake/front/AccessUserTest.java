package dev.keepsake.front;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AccessUserTest {
    private static final String HASH = "0a".repeat(32);

    private static AccessUser user(String name, String... hashes) {
        return new AccessUser(name, true, false, Set.of(hashes), false, "on ~* +@all");
    }

    /// The name becomes a word of commands that the front sends. A blank in it would begin another
    /// word.
    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a b", "a\r\nFLUSHALL", "a\tb", "a\0"})
    void aNameIsOneWord(String name) {
        assertThatThrownBy(() -> user(name)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ann", "ann-1", "a:b@c", "\u00e4nn"})
    void everyOtherWordIsAName(String name) {
        assertThat(user(name).name()).isEqualTo(name);
    }

    /// A text that is not a hash would match no password. It is refused now, not at the first
    /// login.
    @ParameterizedTest
    @ValueSource(strings = {"", "secret", "0a", "0A0A"})
    void aPasswordIsKeptAsItsHash(String hash) {
        assertThatThrownBy(() -> user("ann", hash))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("ann")
                .hasMessageNotContaining("secret");
    }

    @Test
    void aHashIsInSmallLetters() {
        assertThat(user("ann", HASH).passwordSha256Hex()).containsExactly(HASH);
        assertThatThrownBy(() -> user("ann", HASH.toUpperCase(Locale.ROOT)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> user("ann", HASH + "0"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void noHashIsShown() {
        assertThat(user("ann", HASH)).asString().contains("name=ann").doesNotContain(HASH);
    }

    @Test
    void theFirstDefaultUserHasNoPasswordAndAllRights() {
        var user = AccessUser.unrestrictedDefault();
        assertThat(user.name()).isEqualTo("default");
        assertThat(user.noPassword()).isTrue();
        assertThat(user.aclRules()).isEqualTo("on ~* &* +@all");
    }
}
