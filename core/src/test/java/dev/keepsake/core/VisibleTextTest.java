package dev.keepsake.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class VisibleTextTest {
    @Test
    void hiddenCharactersBecomeEscapes() {
        assertThat(VisibleText.of("a\nb\rc\td\0e\u202ef\u2028g\ud800h"))
                .isEqualTo("a\\nb\\rc\\td\\u0000e\\u202ef\\u2028g\\ud800h");
    }

    @Test
    void allOtherCharactersStay() {
        var text = "Zoë שלום 日本 😀 {}\"\\";
        assertThat(VisibleText.of(text)).isSameAs(text);
        assertThat(VisibleText.ofJson(text)).isSameAs(text);
    }

    @Test
    void jsonKeepsItsMeaningAlsoBeyondTheBasicPlane() {
        assertThat(VisibleText.ofJson("{\"a\":\"\u202e\u007f\udb40\udc01b\"}"))
                .isEqualTo("{\"a\":\"\\u202e\\u007f\\udb40\\udc01b\"}");
    }
}
