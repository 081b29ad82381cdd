package dev.keepsake.api;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepsake.control.ApiException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OwnHostsTest {
    private static final int PORT = 8379;

    private final OwnHosts own = new OwnHosts("127.0.0.1", "cache.test", false);

    private static HttpHead head(String headers) {
        var bytes = ("POST / HTTP/1.1\r\n" + headers + "\r\n").getBytes(US_ASCII);
        return HttpHead.parse(bytes, bytes.length);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost",
                "localhost:8379",
                "LocalHost:8379",
                "127.0.0.1:8379",
                "127.0.0.1",
                "127.9.8.7:8379",
                "[::1]:8379",
                "cache.test",
                "Cache.Test:8379"
            })
    void itsOwnNamesAreTaken(String host) {
        assertThatCode(() -> own.expectNoForeignPage(head("Host: " + host + "\r\n"), PORT))
                .doesNotThrowAnyException();
        assertThatCode(() ->
                        own.expectNoForeignPage(
                                head(
                                        "Host: %s\r\nOrigin: http://localhost:8379\r\n"
                                                .formatted(host)),
                                PORT))
                .doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "evil.example",
                "evil.example:8379",
                "localhost:80",
                "localhost.evil.example:8379",
                "127.0.0.1.evil.example:8379",
                "127.0.0.256",
                "127.1:8379",
                "10.0.0.1:8379",
                "[::2]:8379",
                "localhost:8379@evil.example",
                "localhost:",
                "localhost :8379",
                "a,localhost"
            })
    void otherNamesAreRefused(String host) {
        assertThatThrownBy(() -> own.expectNoForeignPage(head("Host: " + host + "\r\n"), PORT))
                .isInstanceOf(ApiException.class)
                .hasMessageContaining("\"" + host + "\"")
                .hasMessageContaining("localhost:8379")
                .hasMessageContaining("--credentials");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Origin: https://evil.example",
                "Origin: http://localhost:3000",
                "Origin: http://localhost",
                "Origin: http://127.0.0.1",
                "Origin: http://cache.test",
                "Origin: https://localhost",
                "Origin: https://localhost:8379",
                "Origin: null",
                "Origin: ",
                "Sec-Fetch-Site: cross-site",
                "Sec-Fetch-Site: same-site",
                "Sec-Fetch-Site: none\r\nSec-Fetch-Site: same-origin"
            })
    void pagesOfOtherSitesAreRefusedWhateverTheHost(String header) {
        for (var each : new OwnHosts[] {own, new OwnHosts("127.0.0.1", "cache.test", true)}) {
            assertThatThrownBy(() ->
                            each.expectNoForeignPage(
                                    head("Host: localhost:8379\r\n" + header + "\r\n"), PORT))
                    .isInstanceOf(ApiException.class)
                    .hasMessageContaining("refused");
        }
    }

    @Test
    void anOriginWithoutAPortIsOneOfPort80() {
        for (String origin : new String[] {"http://localhost", "http://cache.test:80"}) {
            assertThatCode(() ->
                            own.expectNoForeignPage(
                                    head("Host: localhost\r\nOrigin: %s\r\n".formatted(origin)),
                                    80))
                    .doesNotThrowAnyException();
        }
    }

    @Test
    void whoProvesItBySignatureMayUseAnyName() {
        var signed = new OwnHosts("127.0.0.1", null, true);
        assertThatCode(() ->
                        signed.expectNoForeignPage(
                                head("Host: proxy.example\r\nSec-Fetch-Site: none\r\n"), PORT))
                .doesNotThrowAnyException();
    }
}
