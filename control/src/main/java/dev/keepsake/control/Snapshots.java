package dev.keepsake.control;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Snapshots of clusters: requested ones, those of the schedule, copies, and the sources of new
/// clusters. A request is recorded first. The fleet carries it out and reports the outcome; after a
/// restart it finds the request in the records.
public final class Snapshots {
    private static final int SHOWN = 50;
    private static final int SHOWN_MAX = 50;
    private static final int NAME_MAX = 255;
    private static final int MANUAL_PER_DAY_MAX = 20;
    private static final DateTimeFormatter AUTOMATIC_NAME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd-HH-mm", Locale.ROOT).withZone(ZoneOffset.UTC);

    private static final Pattern BUCKET =
            Pattern.compile("[A-Za-z0-9._-]{1,255}"); // as in the API's model

    private final ControlState state;
    private final ClusterLookup clusters;
    private final SnapshotLookup lookup;
    private final StatusPace pace;

    Snapshots(ControlState state, ClusterLookup clusters, SnapshotLookup lookup, StatusPace pace) {
        this.state = state;
        this.clusters = clusters;
        this.lookup = lookup;
        this.pace = pace;
    }

    // ---- calls of the API

    /// CreateSnapshot.
    public Decision<ClusterSnapshot> create(
            String region,
            @Nullable String clusterName,
            @Nullable String snapshotName,
            @Nullable String kmsKeyId,
            @Nullable List<CreateClusterRequest.Tag> tags,
            Instant now,
            RandomGenerator random) {
        String key = KmsKeys.check(kmsKeyId, region);
        Requests.required("ClusterName", clusterName);
        String name = free(region, "SnapshotName", snapshotName);
        var checkedTags = TagRules.check(tags);
        var cluster = clusters.available(region, clusterName);
        expectRoomToday(cluster.spec().id(), now);
        var records = new ArrayList<ControlRecord>();
        var snapshot =
                asked(
                        records,
                        name,
                        cluster,
                        false,
                        tags == null ? null : checkedTags,
                        key,
                        now,
                        random);
        records.add(new ControlRecord.ClusterSnapshotting(cluster.spec().id()));
        return new Decision<>(records, snapshot);
    }

    /// Checks the quota of a cluster for today. Copies count as snapshots of their cluster, and
    /// deleted snapshots count, too.
    private void expectRoomToday(ClusterId cluster, Instant now) {
        var dayAgo = now.minus(ControlState.SNAPSHOTS_COUNTED);
        long manual =
                state.snapshotsAsked().stream()
                        .filter(asked ->
                                asked.cluster().equals(cluster) && asked.at().isAfter(dayAgo))
                        .count();
        if (manual >= MANUAL_PER_DAY_MAX) {
            throw Fault.SNAPSHOT_QUOTA_EXCEEDED.because(
                    "%d snapshots of cluster %s were taken within 24 hours.",
                    MANUAL_PER_DAY_MAX, cluster.name());
        }
    }

    /// A requested snapshot. Adds the records that make the fleet take it.
    ///
    /// @param kmsKeyId null for the cluster's
    ClusterSnapshot asked(
            List<ControlRecord> records,
            String name,
            ClusterState cluster,
            boolean automated,
            @Nullable Map<String, String> tags,
            @Nullable String kmsKeyId,
            Instant now,
            RandomGenerator random) {
        var spec = cluster.spec();
        var id = newId(spec.id().region(), name, random);
        var snapshot =
                new ClusterSnapshot(
                        id,
                        ClusterSnapshot.Status.CREATING,
                        automated,
                        spec,
                        now,
                        List.of(),
                        null,
                        null,
                        null,
                        kmsKeyId == null ? spec.kmsKeyId() : kmsKeyId);
        records.add(new ControlRecord.SnapshotChanged(snapshot));
        records.addAll(TagRules.onCreation(snapshot.resource(), tags == null ? spec.tags() : tags));
        return snapshot;
    }

    /// CopySnapshot. If a bucket is given, it gets the copy's files, too.
    public Decision<ClusterSnapshot> copy(
            String region,
            @Nullable String sourceName,
            @Nullable String targetName,
            @Nullable String bucket,
            @Nullable String kmsKeyId,
            @Nullable List<CreateClusterRequest.Tag> tags,
            Instant now,
            RandomGenerator random) {
        String key = KmsKeys.check(kmsKeyId, region);
        Requests.required("SourceSnapshotName", sourceName);
        String name = free(region, "TargetSnapshotName", targetName);
        var checkedTags = TagRules.check(tags);
        var source = lookup.existing(region, sourceName);
        expectAvailable(source);
        expectRoomToday(source.cluster().id(), now);
        if (bucket != null
                && (!BUCKET.matcher(bucket).matches()
                        || bucket.startsWith(".")
                        || bucket.contains(".."))) {
            throw Fault.INVALID_PARAMETER_VALUE.because(
                    "TargetBucket %s is not the name of a bucket.", bucket);
        }
        if (bucket != null && source.cluster().dataTiering()) {
            throw Fault.INVALID_PARAMETER_COMBINATION.because(
                    "Snapshot %s is of a cluster with data tiering; such snapshots are not"
                            + " exported. Omit TargetBucket.",
                    source.id().name());
        }
        var copy =
                new ClusterSnapshot(
                        newId(region, name, random),
                        ClusterSnapshot.Status.COPYING,
                        false,
                        source.cluster(),
                        now,
                        List.of(),
                        source.id(),
                        bucket,
                        null,
                        key == null ? source.kmsKeyId() : key);
        var records = new ArrayList<ControlRecord>();
        records.add(new ControlRecord.SnapshotChanged(copy));
        records.addAll(
                TagRules.onCreation(
                        copy.resource(),
                        tags == null ? state.tags(source.resource()) : checkedTags));
        return new Decision<>(records, copy);
    }

    /// DeleteSnapshot.
    public Decision<ClusterSnapshot> delete(
            String region, @Nullable String snapshotName, Instant now) {
        var snapshot = lookup.existing(region, snapshotName);
        boolean over =
                switch (snapshot.status()) {
                    case AVAILABLE, FAILED -> true;
                    case CREATING, COPYING, DELETING -> false;
                };
        if (over && lookup.isCopied(snapshot)) {
            throw Fault.INVALID_SNAPSHOT_STATE.because(
                    "Snapshot %s is being copied; wait for the copy to be available.",
                    snapshot.id().name());
        }
        if (!over || lookup.isUsed(snapshot)) {
            throw invalidState(snapshot);
        }
        var deleting = snapshot.deleting(now);
        return new Decision<>(List.of(new ControlRecord.SnapshotChanged(deleting)), deleting);
    }

    /// DescribeSnapshots, ordered by name. A named snapshot that does not match the other filters
    /// is not found.
    ///
    /// @param source `system` or `user`
    public Page<ClusterSnapshot> describe(
            String region,
            @Nullable String clusterName,
            @Nullable String snapshotName,
            @Nullable String source,
            @Nullable Integer maxResults,
            @Nullable String nextToken) {
        int size = Requests.within("MaxResults", maxResults, SHOWN, 1, SHOWN_MAX);
        if (source != null && !List.of("system", "user", "automated", "manual").contains(source)) {
            throw Fault.INVALID_PARAMETER_VALUE.because(
                    "Source is %s; expected system or user.", source);
        }
        var found = new ArrayList<ClusterSnapshot>();
        if (snapshotName == null) {
            found.addAll(state.snapshots().all(region));
        } else {
            found.add(lookup.existing(region, snapshotName));
        }
        if (clusterName != null) {
            String wanted = clusterName.toLowerCase(Locale.ROOT);
            found.removeIf(snapshot -> !snapshot.cluster().id().name().equals(wanted));
        }
        if (source != null) {
            boolean automated = source.equals("system") || source.equals("automated");
            found.removeIf(snapshot -> snapshot.automated() != automated);
        }
        if (snapshotName != null) {
            if (found.isEmpty()) {
                throw Fault.SNAPSHOT_NOT_FOUND.because(
                        "Snapshot %s exists, but not of that ClusterName and Source.",
                        snapshotName.toLowerCase(Locale.ROOT));
            }
            return new Page<>(found, null);
        }
        return Page.of(
                "DescribeSnapshots", found, snapshot -> snapshot.id().name(), size, nextToken);
    }

    /// The status as the API returns it.
    public String status(ClusterSnapshot snapshot) {
        return lookup.status(snapshot);
    }

    /// The name for a new snapshot.
    ///
    /// @param member the request's member that has the name
    /// @throws ApiException when it is not a valid name, or taken
    String free(String region, String member, @Nullable String snapshotName) {
        String name = Requests.name(member, snapshotName, NAME_MAX);
        if (state.snapshots().find(region, name).isPresent()) {
            throw Fault.SNAPSHOT_ALREADY_EXISTS.because("Snapshot %s already exists.", name);
        }
        return name;
    }

    // ---- the schedule

    /// Requests the snapshots that are due by the schedule, deletes the expired ones, and makes
    /// those available whose pace has passed.
    public Decision<Boolean> due(Instant now, RandomGenerator random) {
        var records = new ArrayList<ControlRecord>();
        for (var cluster : state.clusters()) {
            if (cluster.shownStatus() == ClusterState.Status.AVAILABLE
                    && cluster.failover() == null
                    && cluster.spec().snapshotRetentionLimit() > 0) {
                takeWhenDue(records, cluster, now, random);
            }
        }
        for (var snapshot : state.snapshots().all()) {
            finishWhenOver(records, snapshot, now);
            var cluster = state.cluster(snapshot.cluster().id());
            int days =
                    cluster.map(found -> found.spec().snapshotRetentionLimit())
                            .filter(limit -> limit > 0)
                            .orElse(snapshot.cluster().snapshotRetentionLimit());
            boolean old = snapshot.askedAt().plus(Duration.ofDays(days)).isBefore(now);
            if (snapshot.automated()
                    && snapshot.status() == ClusterSnapshot.Status.AVAILABLE
                    && !lookup.isUsed(snapshot)
                    && (old || cluster.isEmpty())) {
                records.add(new ControlRecord.SnapshotChanged(snapshot.deleting(now)));
            }
        }
        return new Decision<>(records, !records.isEmpty());
    }

    private void takeWhenDue(
            List<ControlRecord> records,
            ClusterState cluster,
            Instant now,
            RandomGenerator random) {
        var id = cluster.spec().id();
        var begin = Windows.beginOfSnapshotWindow(cluster.spec().snapshotWindow(), now);
        if (begin.isEmpty()) {
            return;
        }
        boolean taken =
                state.snapshots().all(id.region()).stream()
                        .anyMatch(snapshot ->
                                snapshot.automated()
                                        && snapshot.cluster().id().equals(id)
                                        && !snapshot.askedAt().isBefore(begin.get()));
        String name = automaticName(id) + AUTOMATIC_NAME.format(now);
        if (!taken
                && !wasTaken(cluster, begin.get())
                // A snapshot of an earlier cluster with the same name may exist for a short time.
                && state.snapshots().find(id.region(), name).isEmpty()) {
            asked(records, name, cluster, true, Map.of(), null, now, random);
            records.add(new ControlRecord.ClusterSnapshotting(id));
        }
    }

    private static String automaticName(ClusterId cluster) {
        return "automatic.%s-".formatted(cluster.name());
    }

    /// Whether the schedule has taken one that was deleted since. Then it takes no other one: the
    /// user who deleted it does not want one.
    private boolean wasTaken(ClusterState cluster, Instant begin) {
        var id = cluster.spec().id();
        return state.events().stream()
                .anyMatch(event ->
                        event.region().equals(id.region())
                                && event.sourceName().equals(id.name())
                                && !event.date().isBefore(begin)
                                && !event.date().isBefore(cluster.createdAt())
                                && event.message().startsWith("Snapshot " + automaticName(id)));
    }

    // ---- reports of the fleet

    /// The files of a snapshot exist and are durable. It becomes available as soon as the pace
    /// allows.
    public Decision<Boolean> taken(SnapshotId id, List<SnapshotShard> shards, Instant now) {
        var snapshot = lookup.find(id);
        if (snapshot == null || !isUnderWay(snapshot)) {
            return new Decision<>(List.of(), false);
        }
        var records = new ArrayList<ControlRecord>();
        var complete = snapshot.with(shards);
        if (isOver(complete, now)) {
            finish(records, complete, now);
        } else if (!complete.equals(snapshot)) {
            records.add(new ControlRecord.SnapshotChanged(complete));
        }
        return new Decision<>(records, true);
    }

    /// Makes a snapshot available whose files have existed for long enough.
    private void finishWhenOver(
            List<ControlRecord> records, ClusterSnapshot snapshot, Instant now) {
        if (isUnderWay(snapshot) && snapshot.hasFiles() && isOver(snapshot, now)) {
            finish(records, snapshot, now);
        }
    }

    private boolean isOver(ClusterSnapshot snapshot, Instant now) {
        return StatusPace.isOver(snapshot.askedAt(), pace.snapshotting(), now);
    }

    private static void finish(List<ControlRecord> records, ClusterSnapshot snapshot, Instant now) {
        records.add(new ControlRecord.SnapshotChanged(snapshot.available()));
        if (snapshot.status() == ClusterSnapshot.Status.CREATING) {
            var cluster = snapshot.cluster();
            records.add(new ControlRecord.ClusterSnapshotted(cluster.id()));
            for (var shard : cluster.shards()) {
                records.add(
                        Events.ofCluster(
                                cluster.id(),
                                now,
                                "Snapshot %s succeeded for node %s"
                                        .formatted(
                                                snapshot.id().name(),
                                                shard.nodes().getFirst().name())));
            }
        }
    }

    /// A snapshot could not be taken. A cluster that was to be deleted after it stays.
    public Decision<Boolean> failed(SnapshotId id, Instant now) {
        var snapshot = lookup.find(id);
        if (snapshot == null || !isUnderWay(snapshot)) {
            return new Decision<>(List.of(), false);
        }
        var records = new ArrayList<ControlRecord>();
        records.add(new ControlRecord.SnapshotChanged(snapshot.failed()));
        if (snapshot.status() == ClusterSnapshot.Status.CREATING) {
            var cluster = snapshot.cluster();
            state.cluster(cluster.id())
                    .filter(found -> found.status() == ClusterState.Status.DELETING)
                    .ifPresent(
                            found -> records.add(new ControlRecord.ClusterUpdated(found.spec())));
            records.add(new ControlRecord.ClusterSnapshotted(cluster.id()));
            records.add(
                    Events.ofCluster(
                            cluster.id(),
                            now,
                            "Snapshot %s failed for node %s"
                                    .formatted(
                                            id.name(),
                                            cluster.shards()
                                                    .getFirst()
                                                    .nodes()
                                                    .getFirst()
                                                    .name())));
        }
        return new Decision<>(records, true);
    }

    /// The failures of all snapshots that are still to be taken of a cluster that cannot run.
    List<ControlRecord> untakeable(ClusterId cluster, Instant now) {
        return state.snapshots().all(cluster.region()).stream()
                .filter(snapshot ->
                        snapshot.status() == ClusterSnapshot.Status.CREATING
                                && !snapshot.hasFiles()
                                && snapshot.cluster().id().equals(cluster))
                .flatMap(snapshot -> failed(snapshot.id(), now).records().stream())
                .toList();
    }

    /// Nothing is left of a snapshot.
    public Decision<Boolean> removed(SnapshotId id, Instant now) {
        var snapshot = lookup.find(id);
        return snapshot == null
                        || !StatusPace.isOver(snapshot.deletingSince(), pace.deleting(), now)
                ? new Decision<>(List.of(), false)
                : new Decision<>(List.of(new ControlRecord.SnapshotRemoved(id)), true);
    }

    /// Whether a cluster still waits for a snapshot before it may be removed.
    public boolean isAwaited(ClusterId cluster) {
        return state.snapshots().all(cluster.region()).stream()
                .anyMatch(snapshot ->
                        snapshot.status() == ClusterSnapshot.Status.CREATING
                                && snapshot.cluster().id().equals(cluster));
    }

    /// Ends the automated snapshots that are being taken of a cluster that is to be deleted. No
    /// user requested them.
    List<ControlRecord> givenUpWith(ClusterId cluster, Instant now) {
        var records = new ArrayList<ControlRecord>();
        for (var snapshot : state.snapshots().all(cluster.region())) {
            if (snapshot.automated()
                    && snapshot.cluster().id().equals(cluster)
                    && snapshot.status() == ClusterSnapshot.Status.CREATING) {
                records.add(new ControlRecord.SnapshotChanged(snapshot.deleting(now)));
            }
        }
        return records;
    }

    /// Deletes the automated snapshots of a removed cluster. One that is still being copied is
    /// deleted later.
    List<ControlRecord> goneWith(ClusterId cluster, Instant now) {
        var records = new ArrayList<ControlRecord>();
        for (var snapshot : state.snapshots().all(cluster.region())) {
            if (snapshot.automated()
                    && snapshot.cluster().id().equals(cluster)
                    && snapshot.status() != ClusterSnapshot.Status.DELETING
                    && !lookup.isUsed(snapshot)) {
                records.add(new ControlRecord.SnapshotChanged(snapshot.deleting(now)));
            }
        }
        return records;
    }

    private static boolean isUnderWay(ClusterSnapshot snapshot) {
        return snapshot.status() == ClusterSnapshot.Status.CREATING
                || snapshot.status() == ClusterSnapshot.Status.COPYING;
    }

    private void expectAvailable(ClusterSnapshot snapshot) {
        if (snapshot.status() != ClusterSnapshot.Status.AVAILABLE) {
            throw invalidState(snapshot);
        }
    }

    private ApiException invalidState(ClusterSnapshot snapshot) {
        return Fault.INVALID_SNAPSHOT_STATE.because(
                "Snapshot %s is %s; it has to be available.",
                snapshot.id().name(), status(snapshot));
    }

    private static SnapshotId newId(String region, String name, RandomGenerator random) {
        return new SnapshotId(region, name, Ids.hex16(random));
    }
}
