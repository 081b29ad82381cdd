package dev.keepsake.front;

/// [HeldRows] with Redis 7.0.
class HeldRowsTest extends HeldRows {
    HeldRowsTest() {
        super(TestFront.REDIS);
    }
}
