package dev.keepsake.api;

import dev.keepsake.control.AccessStringCheck;
import dev.keepsake.control.ControlService;
import dev.keepsake.control.Fault;
import dev.keepsake.core.Clock;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// The operations of the service, one row each.
final class Operations {
    private final Model model = Model.standard();
    private final Map<String, Operation> byName = new TreeMap<>();
    private final Clock clock;

    Operations(
            ControlService control,
            AccessStringCheck check,
            ApiConfig config,
            Clock clock,
            RandomGenerator random) {
        this.clock = clock;
        String accountId = config.accountId();
        byName.putAll(new ClusterOperations(control, new Shapes(config), random).all());
        byName.putAll(
                new AccessOperations(
                                control, check, accountId, !config.access().credentials().isEmpty())
                        .all());
        byName.putAll(new GroupOperations(control, accountId).all());
        byName.putAll(new SnapshotOperations(control, accountId, random).all());
        byName.putAll(new CatalogOperations(control, accountId, random).all());
        byName.putAll(new MultiRegionOperations(control, accountId).all());
        if (!byName.keySet().equals(model.operations())) {
            throw new IllegalStateException(
                    "operations %s are answered, but the model has %s"
                            .formatted(byName.keySet(), model.operations()));
        }
    }

    /// Checks that there is an operation with that name.
    void expectKnown(String name) {
        if (!byName.containsKey(name)) {
            throw Fault.UNKNOWN_OPERATION.because("The operation %s is not known.", name);
        }
    }

    /// Executes an operation, which must be known.
    ObjectNode answer(String name, JsonNode request, String region) {
        var members = Members.of(request);
        model.check(name, request);
        var operation = byName.get(name);
        if (operation == null) {
            throw Fault.UNKNOWN_OPERATION.because("The operation %s is not known.", name);
        }
        return operation.answer(new Call(members, region, clock.now()));
    }
}
