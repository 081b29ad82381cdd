package dev.keepsake.front;

/// [HeldRows] with Valkey 9.1, which has commands that Redis 7.0 does not have.
class HeldRowsOfValkeyTest extends HeldRows {
    HeldRowsOfValkeyTest() {
        super(
                TestFront.VALKEY,
                "CLUSTER SLOT-STATS SLOTSRANGE 0 1",
                "CLUSTER SLOT-STATS ORDERBY key-count");
    }
}
