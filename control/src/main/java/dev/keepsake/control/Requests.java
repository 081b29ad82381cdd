package dev.keepsake.control;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Checks single members of requests: required ones, the form of names, the range of numbers. A
/// wrong member is refused with its name, its value and what was expected.
final class Requests {
    private static final int NAME_MAX = 40;
    private static final int SHOWN_MAX = 100;
    private static final int SHARDS_MAX = 500;
    private static final Pattern NAME = Pattern.compile("[a-z](?:-?[a-z0-9])*");

    private Requests() {}

    /// The value of a member that must not be missing or blank.
    static String required(String member, @Nullable String value) {
        if (value == null || value.isBlank()) {
            throw Fault.INVALID_PARAMETER_VALUE.because("%s is required.", member);
        }
        return value;
    }

    /// The name of a cluster, in lower case.
    static String clusterName(@Nullable String given) {
        return name("ClusterName", given);
    }

    /// The name of a new cluster, user or ACL, in lower case.
    static String name(String member, @Nullable String given) {
        return name(member, given, NAME_MAX);
    }

    /// The name of a new resource, in lower case.
    static String name(String member, @Nullable String given, int longest) {
        String name = required(member, given).toLowerCase(Locale.ROOT);
        if (name.length() > longest || !NAME.matcher(name).matches()) {
            throw Fault.INVALID_PARAMETER_VALUE.because(
                    "%s %s is not valid: 1 to %d letters, digits or hyphens, beginning with"
                            + " a letter, without two hyphens in a row or one at the end.",
                    member, name, longest);
        }
        return name;
    }

    /// The page size of lists that show up to 100 items.
    static int pageSize(@Nullable Integer maxResults) {
        return within("MaxResults", maxResults, SHOWN_MAX, 1, SHOWN_MAX);
    }

    /// The number of the request, or `otherwise` when it has none.
    static int within(String member, @Nullable Integer given, int otherwise, int min, int max) {
        if (given == null) {
            return otherwise;
        }
        if (given < min || given > max) {
            throw Fault.INVALID_PARAMETER_VALUE.because(
                    "%s is %d; expected %d to %d.", member, given, min, max);
        }
        return given;
    }

    /// The requested number of shards; 1 when the request has none.
    static int shardCount(String member, @Nullable Integer given) {
        if (given != null && given > SHARDS_MAX) {
            throw Fault.SHARDS_PER_CLUSTER_QUOTA_EXCEEDED.because(
                    "%d shards were asked for; a cluster has at most %d.", given, SHARDS_MAX);
        }
        return within(member, given, 1, 1, SHARDS_MAX);
    }

    /// Checks that a value, if there is one, is one of the known values.
    static void expectOneOf(String member, @Nullable String given, List<String> known) {
        if (given != null && !known.contains(given)) {
            throw Fault.INVALID_PARAMETER_VALUE.because(
                    "%s is %s; expected one of %s.", member, given, String.join(", ", known));
        }
    }

    /// The refusal of a feature that the service has and Keepsake does not have.
    static ApiException notYet(String what, String wayOut) {
        return Fault.INVALID_PARAMETER_COMBINATION.because(
                "%s is not offered by this version of Keepsake; %s.", what, wayOut);
    }
}
