package dev.keepsake.control;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/// An offer of reserved nodes: every node type for one or three years. Every offer costs 0, because
/// nothing is billed here.
public record ReservedNodesOffering(
        String id, String nodeType, int durationSeconds, String offeringType) {
    static final int YEAR_SECONDS = 365 * 24 * 3600;
    static final List<String> TYPES = List.of("All Upfront", "Partial Upfront", "No Upfront");

    static List<ReservedNodesOffering> all() {
        var all = new ArrayList<ReservedNodesOffering>();
        for (var type : NodeType.all()) {
            for (int years : new int[] {1, 3}) {
                for (String offering : TYPES) {
                    var name = "%s/%d/%s".formatted(type.name(), years, offering);
                    all.add(
                            new ReservedNodesOffering(
                                    UUID.nameUUIDFromBytes(name.getBytes(UTF_8)).toString(),
                                    type.name(),
                                    years * YEAR_SECONDS,
                                    offering));
                }
            }
        }
        return all;
    }
}
