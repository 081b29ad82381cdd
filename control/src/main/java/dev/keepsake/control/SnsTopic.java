package dev.keepsake.control;

import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The SNS topic of a cluster. Keepsake stores and describes it, but publishes nothing there; the
/// events are in DescribeEvents.
///
/// @param active whether the cluster wants notifications
public record SnsTopic(String arn, boolean active) {
    private static final Pattern ARN =
            Pattern.compile("arn:aws[a-z-]*:sns:([a-z0-9-]{1,63}):\\d{12}:[A-Za-z0-9_-]{1,256}");

    /// The topic of a new cluster, or null for none. It is active at once.
    static @Nullable SnsTopic ofNew(@Nullable String arn, String region) {
        return isGiven(arn) ? new SnsTopic(check(arn, region), true) : null;
    }

    /// The topic after an UpdateCluster. An empty ARN removes it, as Terraform sends it together
    /// with the status inactive.
    static @Nullable SnsTopic changed(
            @Nullable SnsTopic old, @Nullable String arn, @Nullable String status, String region) {
        boolean active = status == null || isActive(status);
        if (isGiven(arn)) {
            return new SnsTopic(check(arn, region), active);
        }
        if (status == null || old == null) {
            if (status != null && active) {
                throw Fault.INVALID_PARAMETER_COMBINATION.because(
                        "SnsTopicStatus is %s, but the cluster has no topic; give SnsTopicArn.",
                        status);
            }
            return old;
        }
        return new SnsTopic(old.arn(), active);
    }

    private static boolean isGiven(@Nullable String arn) {
        return arn != null && !arn.isEmpty();
    }

    private static boolean isActive(String status) {
        return switch (status.toLowerCase(Locale.ROOT)) {
            case "active" -> true;
            case "inactive" -> false;
            default ->
                    throw Fault.INVALID_PARAMETER_VALUE.because(
                            "SnsTopicStatus is %s; expected active or inactive.", status);
        };
    }

    private static String check(@Nullable String arn, String region) {
        var parts = ARN.matcher(arn == null ? "" : arn);
        if (!parts.matches() || !parts.group(1).equals(region)) {
            throw Fault.INVALID_PARAMETER_VALUE.because(
                    "SnsTopicArn %s is not the ARN of a topic of this region; expected one such as"
                            + " arn:aws:sns:%s:ACCOUNT:TOPIC.",
                    String.valueOf(arn), region);
        }
        return parts.group();
    }

    /// The status as the API returns it.
    public String status() {
        return active ? "ACTIVE" : "INACTIVE";
    }
}
