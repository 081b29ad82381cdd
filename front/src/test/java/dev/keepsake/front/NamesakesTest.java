package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NamesakesTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            textBlock =
                    """
                    -NOPERM User default:clients has no permissions to run the 'get' command | -NOPERM User default has no permissions to run the 'get' command
                    -ERR ACL failure in script: User default:clients has no permissions to run the 'set' command | -ERR ACL failure in script: User default has no permissions to run the 'set' command
                    -NOPERM User app has no permissions to run the 'get' command | -NOPERM User app has no permissions to run the 'get' command
                    -ERR unknown command 'default:clients' | -ERR unknown command 'default:clients'
                    +User default:clients has come | +User default:clients has come
                    """)
    void anErrorThatNamesANamesakeNamesTheUserInstead(String said, String told) {
        var reply = Unpooled.copiedBuffer(said + "\r\n", UTF_8);
        assertThat(Namesakes.without(reply).toString(UTF_8)).isEqualTo(told + "\r\n");
    }
}
