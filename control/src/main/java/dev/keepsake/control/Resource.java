package dev.keepsake.control;

import java.util.Locale;
import java.util.Optional;

/// The identity of a resource other than a cluster: its kind and name in a region. Names are lower
/// case.
public record Resource(String region, Kind kind, String name) {
    /// The kinds of resources that have tags and an ARN.
    public enum Kind {
        CLUSTER("cluster"),
        ACL("acl"),
        USER("user"),
        SNAPSHOT("snapshot"),
        PARAMETER_GROUP("parametergroup"),
        SUBNET_GROUP("subnetgroup"),
        RESERVED_NODE("reservednode"),
        MULTI_REGION_CLUSTER("multiregioncluster"),
        MULTI_REGION_PARAMETER_GROUP("multiregionparametergroup");

        private final String inArn;

        Kind(String inArn) {
            this.inArn = inArn;
        }

        private boolean isMultiRegion() {
            return this == MULTI_REGION_CLUSTER || this == MULTI_REGION_PARAMETER_GROUP;
        }

        static Optional<Kind> of(String inArn) {
            for (var kind : values()) {
                if (kind.inArn.equals(inArn)) {
                    return Optional.of(kind);
                }
            }
            return Optional.empty();
        }
    }

    /// The resource's ARN.
    public String arn(String accountId) {
        return "arn:aws:memorydb:%s:%s:%s/%s".formatted(region, accountId, kind.inArn, name);
    }

    /// Parses an ARN of this service, account and region. ARNs of multi-Region resources belong to
    /// every region, and mostly name none.
    ///
    /// @throws ApiException when the text is not such an ARN
    static Resource ofArn(String arn, String accountId, String region) {
        var parts = arn.split(":", 6);
        int slash = parts.length == 6 ? parts[5].indexOf('/') : -1;
        var kind = slash < 0 ? Optional.<Kind>empty() : Kind.of(parts[5].substring(0, slash));
        if (kind.isEmpty()
                || !parts[0].equals("arn")
                || !parts[2].equals("memorydb")
                || !parts[4].equals(accountId)
                || !(parts[3].equals(region) || kind.get().isMultiRegion())) {
            throw Fault.INVALID_ARN.because(
                    "%s is no ARN of a resource of this account and region; expected one such as"
                            + " arn:aws:memorydb:%s:%s:cluster/NAME.",
                    arn, region, accountId);
        }
        return new Resource(
                parts[3], kind.get(), parts[5].substring(slash + 1).toLowerCase(Locale.ROOT));
    }
}
