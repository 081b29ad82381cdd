package dev.keepsake.control;

import static dev.keepsake.core.Checks.checkArgument;

import java.time.Duration;
import java.time.Instant;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The minimum time for which statuses are shown, even if their work is done sooner. The time
/// counts from the record of the status, so a restart does not extend it.
///
/// @param creating a new cluster
/// @param updating a cluster whose number of nodes stays the same
/// @param resizing a cluster whose number of nodes changes
/// @param snapshotting a snapshot that is taken or copied
/// @param deleting a cluster or snapshot
/// @param settling users, ACLs and the parameters of clusters
public record StatusPace(
        Duration creating,
        Duration updating,
        Duration resizing,
        Duration snapshotting,
        Duration deleting,
        Duration settling) {
    /// No minimum times.
    public static final StatusPace INSTANT =
            new StatusPace(
                    Duration.ZERO,
                    Duration.ZERO,
                    Duration.ZERO,
                    Duration.ZERO,
                    Duration.ZERO,
                    Duration.ZERO);

    /// The times of AWS: CloudFormation and Terraform see a quarter of an hour for a new cluster.
    /// The other times are the order of magnitude that users report; the service promises none.
    public static final StatusPace AWS =
            new StatusPace(
                    Duration.ofMinutes(15),
                    Duration.ofMinutes(1),
                    Duration.ofMinutes(8),
                    Duration.ofMinutes(3),
                    Duration.ofMinutes(5),
                    Duration.ofSeconds(30));

    public StatusPace {
        Stream.of(creating, updating, resizing, snapshotting, deleting, settling)
                .forEach(time -> checkArgument(!time.isNegative(), "a status lasts %s", time));
    }

    /// The pace with all times divided by `times`.
    public StatusPace dividedBy(int times) {
        checkArgument(times >= 1, "a pace divided by %d", times);
        return new StatusPace(
                creating.dividedBy(times),
                updating.dividedBy(times),
                resizing.dividedBy(times),
                snapshotting.dividedBy(times),
                deleting.dividedBy(times),
                settling.dividedBy(times));
    }

    /// Whether there are no minimum times.
    public boolean isInstant() {
        return equals(INSTANT);
    }

    /// Whether a status that began at `since` has lasted long enough. One that an earlier build
    /// recorded without a time has.
    static boolean isOver(@Nullable Instant since, Duration lasting, Instant now) {
        return since == null || !now.isBefore(since.plus(lasting));
    }
}
