package dev.keepsake.control;

import static dev.keepsake.control.Refusals.assertRefused;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PageTokenTest {
    @ParameterizedTest
    @ValueSource(
            strings = {"a", "demo-0001-001", "ä€😀", "0123456789012345678901234567890123456789"})
    void aTokenGivesBackItsKeyToItsOwnOperationOnly(String key) {
        var token = PageToken.of("DescribeUsers", key);
        assertThat(PageToken.open("DescribeUsers", token)).isEqualTo(key);
        assertRefused(
                Fault.INVALID_PARAMETER_VALUE,
                () -> PageToken.open("DescribeACLs", token),
                "DescribeACLs");
    }

    @Test
    void aTokenShowsNothingOfItsKey() {
        var token = PageToken.of("DescribeUsers", "somebodys-name");
        var bytes = new String(Base64.getUrlDecoder().decode(token), ISO_8859_1);
        assertThat(token + bytes).doesNotContain("somebody").doesNotContain("name");
        assertThat(PageToken.of("DescribeUsers", "somebodys-nama").substring(16))
                .isNotEqualTo(token.substring(16))
                .doesNotStartWith(token.substring(16, 24));
    }

    @Test
    void aTokenThatWasChangedAnywhereIsRefused() {
        var token = PageToken.of("DescribeUsers", "demo");
        for (int i = 0; i < token.length() - 1; i++) { // the last has bits that mean nothing
            char other = token.charAt(i) == 'A' ? 'B' : 'A';
            var changed = token.substring(0, i) + other + token.substring(i + 1);
            assertRefused(
                    Fault.INVALID_PARAMETER_VALUE, () -> PageToken.open("DescribeUsers", changed));
        }
        for (String none : new String[] {"", "%", "MTpkZW1v", token.substring(0, 16)}) {
            assertRefused(
                    Fault.INVALID_PARAMETER_VALUE, () -> PageToken.open("DescribeUsers", none));
        }
    }
}
