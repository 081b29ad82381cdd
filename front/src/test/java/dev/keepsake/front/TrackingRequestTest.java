package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The front's part of CLIENT TRACKING. Ids of clients are the front's; to the engine they are
/// other connections, or none.
class TrackingRequestTest {
    private final List<Long> lookedFor = new ArrayList<>();

    private TrackingRequest request(String options) {
        return TrackingRequest.of(
                arguments(options),
                id -> {
                    lookedFor.add(id);
                    return null;
                });
    }

    private static Arguments arguments(String options) {
        return Commands.of(("CLIENT TRACKING " + options).split(" ", -1)).arguments();
    }

    private String toEngine(String options) {
        var command = request(options).toEngine(arguments(options), 99);
        return Arrays.stream(command)
                .map(word -> new String(word, US_ASCII))
                .collect(Collectors.joining(" "));
    }

    @ParameterizedTest
    @CsvSource({
        "ON, true, false",
        "on BCAST, true, true",
        "ON PREFIX bcast NOLOOP, true, false",
        "ON bcast prefix a, true, true",
        "OFF, false, false",
        "off BCAST, false, true",
        "MAYBE, false, false"
    })
    void optionsAreReadAsInRedis(String options, boolean on, boolean broadcast) {
        assertThat(request(options).isOn()).isEqualTo(on);
        assertThat(request(options).isBroadcast()).isEqualTo(broadcast);
    }

    /// The engine then answers that there is no such client, as Redis does.
    @Test
    void aRedirectionToAnUnknownClientNamesNoConnectionOfTheEngine() {
        assertThat(toEngine("ON REDIRECT 5 OPTIN"))
                .isEqualTo("CLIENT TRACKING ON REDIRECT 9223372036854775807 OPTIN");
        assertThat(lookedFor).containsExactly(5L);
    }

    @Test
    void eachRedirectionIsReplaced() {
        assertThat(toEngine("ON REDIRECT 5 REDIRECT 6"))
                .isEqualTo(
                        "CLIENT TRACKING ON REDIRECT 9223372036854775807 REDIRECT"
                                + " 9223372036854775807");
        assertThat(lookedFor).containsExactly(5L, 6L);
    }

    /// A prefix may have the name of an option.
    @ParameterizedTest
    @CsvSource({
        "ON BCAST PREFIX REDIRECT PREFIX 7",
        "ON BCAST PREFIX redirect",
        "ON NOLOOP OPTOUT"
    })
    void optionsThatAreNoRedirectionArePassedOnUnchanged(String options) {
        assertThat(toEngine(options)).isEqualTo("CLIENT TRACKING " + options);
        assertThat(lookedFor).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "ON REDIRECT",
        "ON REDIRECT x",
        "ON REDIRECT 99999999999999999999",
        "ON REDIRECT ''"
    })
    void malformedOptionsArePassedOnToTheEngine(String options) {
        String line = options.replace("''", "");
        assertThat(toEngine(line)).isEqualTo("CLIENT TRACKING " + line);
        assertThat(lookedFor).isEmpty();
    }
}
