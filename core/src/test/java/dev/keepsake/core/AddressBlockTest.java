package dev.keepsake.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AddressBlockTest {
    @ParameterizedTest
    @CsvSource({
        "127.0.1.0/24, 254, 127.0.1.1, 127.0.1.254",
        "10.0.0.4/30, 2, 10.0.0.5, 10.0.0.6",
        "200.1.240.0/20, 4094, 200.1.240.1, 200.1.255.254"
    })
    void itHasAllAddressesButTheFirstAndTheLast(String text, int size, String first, String last) {
        var block = AddressBlock.parse(text);
        assertThat(block.size()).isEqualTo(size);
        assertThat(block.address(0)).isEqualTo(first);
        assertThat(block.address(size - 1)).isEqualTo(last);
        assertThat(block).hasToString(text);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            textBlock =
                    """
                    127.0.1.5/24    | give 127.0.1.0/24
                    127.0.1.0/31    | a prefix of 31 bits; give one of 20 to 30
                    0.0.0.0/0       | a prefix of 0 bits
                    127.0.256.0/24  | has 256 in an address
                    127.0.1.0       | '127.0.1.0' is no block
                    ::1/64          | no block of IPv4 addresses; give for example 127.0.1.0/24
                    """)
    void whatIsNoBlockIsRefusedWithTheWayOut(String text, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> AddressBlock.parse(text))
                .withMessageContaining(message);
    }

    @Test
    void nobodyHasAnAddressBeyondIt() {
        var block = AddressBlock.parse("10.0.0.4/30");
        assertThatIllegalArgumentException().isThrownBy(() -> block.address(2));
        assertThatIllegalArgumentException().isThrownBy(() -> block.address(-1));
    }
}
