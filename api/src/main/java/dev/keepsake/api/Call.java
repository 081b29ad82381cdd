package dev.keepsake.api;

import dev.keepsake.control.CreateClusterRequest;
import dev.keepsake.control.Fault;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One call of an operation: its members, its region and its time.
record Call(Members members, String region, Instant now) {
    private static final int SHOWN_MAX = 100;

    @Nullable String string(String name) {
        return members.string(name);
    }

    @Nullable Integer integer(String name) {
        return members.integer(name);
    }

    @Nullable Boolean bool(String name) {
        return members.bool(name);
    }

    boolean isTrue(String name) {
        return Boolean.TRUE.equals(members.bool(name));
    }

    @Nullable List<String> strings(String name) {
        return members.strings(name);
    }

    /// The member `MaxResults`, or null.
    @Nullable Integer maxResults() {
        return members.integer("MaxResults");
    }

    /// Checks the paging members of a list that is always empty: `MaxResults` must be in range, and
    /// there must be no `NextToken`, because such a list never returns one.
    void expectPageSize() {
        if (nextToken() != null) {
            throw Fault.INVALID_PARAMETER_VALUE.because(
                    "The NextToken is none that this operation of this server has given.");
        }
        var size = maxResults();
        if (size != null && (size < 1 || size > SHOWN_MAX)) {
            throw Fault.INVALID_PARAMETER_VALUE.because(
                    "MaxResults is %d; expected 1 to %d.", size, SHOWN_MAX);
        }
    }

    /// The member `NextToken`, or null.
    @Nullable String nextToken() {
        return members.string("NextToken");
    }

    /// The member `Tags`, or null.
    @Nullable List<CreateClusterRequest.Tag> tags() {
        return members.list(
                "Tags",
                tag -> new CreateClusterRequest.Tag(tag.string("Key"), tag.string("Value")));
    }
}
