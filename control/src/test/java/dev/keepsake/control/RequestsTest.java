package dev.keepsake.control;

import static dev.keepsake.control.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestsTest {
    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", " ", "\t"})
    void aMemberThatIsMissingOrBlankIsNamed(@Nullable String given) {
        assertRefused(
                Fault.INVALID_PARAMETER_VALUE,
                () -> Requests.required("ACLName", given),
                "ACLName is required.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "A", "a1", "a-b-c", "zzzzzzzzzz"})
    void namesBeginWithALetterAndAreKeptInLowerCase(String given) {
        assertThat(Requests.name("UserName", given, 10)).isLowerCase().isEqualToIgnoringCase(given);
    }

    @ParameterizedTest
    @ValueSource(strings = {"1a", "-a", "a-", "a--b", "a_b", "ä", "a b", "a\n", "zzzzzzzzzzz"})
    void whatIsNoNameIsRefusedWithWhatOneIs(String given) {
        assertRefused(
                Fault.INVALID_PARAMETER_VALUE,
                () -> Requests.name("UserName", given, 10),
                "UserName",
                "is not valid: 1 to 10 letters, digits or hyphens");
    }

    @Test
    void numbersAreTakenUpToBothBorders() {
        assertThat(Requests.within("Port", null, 7, 1, 9)).isEqualTo(7);
        assertThat(Requests.within("Port", 1, 7, 1, 9)).isEqualTo(1);
        assertThat(Requests.within("Port", 9, 7, 1, 9)).isEqualTo(9);
        for (int wrong : new int[] {0, 10, -1}) {
            assertRefused(
                    Fault.INVALID_PARAMETER_VALUE,
                    () -> Requests.within("Port", wrong, 7, 1, 9),
                    "Port is %d; expected 1 to 9.".formatted(wrong));
        }
    }

    /// Too many are a quota of the service's, too few a wrong value.
    @Test
    void aClusterHasOneTo500Shards() {
        assertThat(Requests.shardCount("NumShards", null)).isEqualTo(1);
        assertThat(Requests.shardCount("NumShards", 500)).isEqualTo(500);
        assertRefused(
                Fault.SHARDS_PER_CLUSTER_QUOTA_EXCEEDED,
                () -> Requests.shardCount("NumShards", 501));
        assertRefused(Fault.INVALID_PARAMETER_VALUE, () -> Requests.shardCount("NumShards", 0));
    }

    @Test
    void pagesShowOneTo100Items() {
        assertThat(Requests.pageSize(null)).isEqualTo(100);
        assertThat(Requests.pageSize(1)).isEqualTo(1);
        assertRefused(Fault.INVALID_PARAMETER_VALUE, () -> Requests.pageSize(0));
        assertRefused(Fault.INVALID_PARAMETER_VALUE, () -> Requests.pageSize(101));
    }

    @Test
    void aValueOfAListMayBeMissingButNotUnknown() {
        Requests.expectOneOf("IpDiscovery", null, List.of("ipv4", "ipv6"));
        Requests.expectOneOf("IpDiscovery", "ipv6", List.of("ipv4", "ipv6"));
        assertRefused(
                Fault.INVALID_PARAMETER_VALUE,
                () -> Requests.expectOneOf("IpDiscovery", "IPv6", List.of("ipv4", "ipv6")),
                "IpDiscovery is IPv6; expected one of ipv4, ipv6.");
    }
}
