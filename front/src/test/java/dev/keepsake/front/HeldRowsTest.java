package dev.keepsake.front;

/// [HeldRows] of Redis 7.0.
class HeldRowsTest extends HeldRows {
    HeldRowsTest() {
        super(TestFront.REDIS);
    }
}
