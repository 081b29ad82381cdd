package dev.keepsake.control;

import static dev.keepsake.core.Checks.checkArgument;

import java.time.Duration;
import java.time.Instant;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// How long a status is shown at least, even if what it stands for is done sooner. A status begins
/// with the record that says so, so a restart in between makes it no longer.
///
/// @param creating a new cluster
/// @param updating a cluster whose nodes stay as they are
/// @param resizing a cluster that gets other nodes
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
    /// As quickly as it can be done.
    public static final StatusPace INSTANT =
            new StatusPace(
                    Duration.ZERO,
                    Duration.ZERO,
                    Duration.ZERO,
                    Duration.ZERO,
                    Duration.ZERO,
                    Duration.ZERO);

    /// As AWS takes it: CloudFormation and Terraform see a quarter of an hour for a new cluster.
    /// The others are of the size that users tell of; the service promises none.
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

    /// The same, so many times as quick.
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

    /// Whether nothing is held back.
    public boolean isInstant() {
        return equals(INSTANT);
    }

    /// Whether what began then has lasted long enough. What an earlier build recorded without a
    /// time has.
    static boolean isOver(@Nullable Instant since, Duration lasting, Instant now) {
        return since == null || !now.isBefore(since.plus(lasting));
    }
}
