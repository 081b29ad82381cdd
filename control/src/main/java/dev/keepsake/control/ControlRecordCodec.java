package dev.keepsake.control;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// The stored form of a decision: JSON, with one object for each record and the name of its kind
/// beside it.
public final class ControlRecordCodec {
    private static final int VERSION = 1;
    private static final JsonMapper JSON =
            JsonMapper.builder().addModule(FailoverForm.module()).build();
    private static final Map<String, Class<? extends ControlRecord>> KINDS =
            Stream.<Class<? extends ControlRecord>>of(
                            ControlRecord.ClusterCreated.class,
                            ControlRecord.EndpointsAssigned.class,
                            ControlRecord.ClusterProvisioned.class,
                            ControlRecord.EngineChanged.class,
                            ControlRecord.EngineMissing.class,
                            ControlRecord.EngineFound.class,
                            ControlRecord.ClusterCreateFailed.class,
                            ControlRecord.ClusterRestoreFailed.class,
                            ControlRecord.ClusterChanged.class,
                            ControlRecord.ClusterUpdating.class,
                            ControlRecord.ClusterUpdated.class,
                            ControlRecord.ParametersPending.class,
                            ControlRecord.ParametersApplied.class,
                            ControlRecord.ClusterSnapshotting.class,
                            ControlRecord.ClusterSnapshotted.class,
                            ControlRecord.ClusterDeleting.class,
                            ControlRecord.ClusterRemoved.class,
                            ControlRecord.FailoverRequested.class,
                            ControlRecord.FailoverBegun.class,
                            ControlRecord.FailoverPromoted.class,
                            ControlRecord.FailoverFinished.class,
                            ControlRecord.PrimaryChanged.class,
                            ControlRecord.NodeRecovering.class,
                            ControlRecord.NodeRecovered.class,
                            ControlRecord.ServerStarted.class,
                            ControlRecord.ServerStopped.class,
                            ControlRecord.UserChanged.class,
                            ControlRecord.UserRemoved.class,
                            ControlRecord.AclChanged.class,
                            ControlRecord.AclRemoved.class,
                            ControlRecord.ParameterGroupChanged.class,
                            ControlRecord.ParameterGroupRemoved.class,
                            ControlRecord.SubnetGroupChanged.class,
                            ControlRecord.SubnetGroupRemoved.class,
                            ControlRecord.SnapshotChanged.class,
                            ControlRecord.SnapshotRemoved.class,
                            ControlRecord.NodesReserved.class,
                            ControlRecord.TagsChanged.class,
                            ControlRecord.EventHappened.class,
                            ControlRecord.StateBegins.class,
                            ControlRecord.ClusterKept.class,
                            ControlRecord.SnapshotsCounted.class,
                            ControlRecord.StatePart.class,
                            ControlRecord.Reset.class)
                    .collect(Collectors.toMap(Class::getSimpleName, Function.identity()));

    private ControlRecordCodec() {}

    /// The bytes of one decision's records.
    public static byte[] encode(List<ControlRecord> records) {
        var root = JSON.createObjectNode();
        root.put("version", VERSION);
        var items = root.putArray("records");
        for (var record : records) {
            var item = items.addObject();
            item.put("kind", record.getClass().getSimpleName());
            item.set("body", JSON.valueToTree(record));
        }
        return JSON.writeValueAsBytes(root);
    }

    /// Reads the bytes that [#encode] wrote.
    ///
    /// @throws IllegalArgumentException when the bytes have a newer version, or are damaged
    public static List<ControlRecord> decode(byte[] bytes) {
        try {
            var root = JSON.readTree(bytes);
            int version = root.path("version").asInt();
            if (version != VERSION) {
                throw new IllegalArgumentException(
                        "control records are of version %d; this build reads version %d"
                                .formatted(version, VERSION));
            }
            var records = new ArrayList<ControlRecord>();
            if (!root.path("records").isArray()) {
                throw new IllegalArgumentException(
                        "control records are missing; the bytes are damaged");
            }
            for (var item : root.path("records")) {
                String name = item.path("kind").asString();
                var kind = KINDS.get(name);
                if (kind == null) {
                    throw new IllegalArgumentException(
                            "control records of kind %s are unknown to this build".formatted(name));
                }
                if (!item.path("body").isObject()) {
                    throw new IllegalArgumentException(
                            "a control record of kind %s has no body; the bytes are damaged"
                                    .formatted(name));
                }
                records.add(JSON.treeToValue(item.path("body"), kind));
            }
            return List.copyOf(records);
        } catch (JacksonException e) {
            throw new IllegalArgumentException("a control record cannot be read", e);
        }
    }
}
