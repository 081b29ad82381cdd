package dev.keepsake.control;

import java.util.HashSet;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Checks the network members of requests. Only ipv4 is supported. Security groups are only names:
/// every id of the right form is accepted.
final class NetworkRules {
    private static final String IPV4 = "ipv4";
    private static final List<String> NETWORK_TYPES = List.of(IPV4, "ipv6", "dual_stack");
    private static final List<String> IP_DISCOVERIES = List.of(IPV4, "ipv6");
    private static final Pattern SECURITY_GROUP = Pattern.compile("sg-[0-9a-z]{1,40}");

    private NetworkRules() {}

    /// Checks that the values are known to the service, whether Keepsake supports them or not.
    static void expectKnown(@Nullable String networkType, @Nullable String ipDiscovery) {
        Requests.expectOneOf("NetworkType", networkType, NETWORK_TYPES);
        Requests.expectOneOf("IpDiscovery", ipDiscovery, IP_DISCOVERIES);
    }

    /// Refuses everything but ipv4. Every subnet has only ipv4, as its `SupportedNetworkTypes`
    /// says.
    static void refuseOther(
            @Nullable String networkType, @Nullable String ipDiscovery, String subnetGroup) {
        if (networkType != null && !networkType.equals(IPV4)) {
            throw Fault.INVALID_PARAMETER_COMBINATION.because(
                    "NetworkType is %s, but the subnets of group %s support ipv4 only; omit"
                            + " NetworkType.",
                    networkType, subnetGroup);
        }
        refuseOtherDiscovery(ipDiscovery);
    }

    /// Refuses an IpDiscovery that does not fit ipv4.
    static void refuseOtherDiscovery(@Nullable String ipDiscovery) {
        Requests.expectOneOf("IpDiscovery", ipDiscovery, IP_DISCOVERIES);
        if (ipDiscovery != null && !ipDiscovery.equals(IPV4)) {
            throw Fault.INVALID_PARAMETER_COMBINATION.because(
                    "IpDiscovery is %s, but the NetworkType of the cluster is ipv4; omit IpDiscovery.",
                    ipDiscovery);
        }
    }

    /// The security groups of the request; empty when it has none.
    static List<String> securityGroups(@Nullable List<String> given) {
        var seen = new HashSet<String>();
        for (String id : given == null ? List.<String>of() : given) {
            if (!SECURITY_GROUP.matcher(id).matches()) {
                throw Fault.INVALID_PARAMETER_VALUE.because(
                        "SecurityGroupIds has %s; expected ids such as sg-0123456789abcdef0.", id);
            }
            if (!seen.add(id)) {
                throw Fault.INVALID_PARAMETER_VALUE.because(
                        "Security group %s is given twice.", id);
            }
        }
        return given == null ? List.of() : given;
    }
}
