package dev.keepsake.api;

import dev.keepsake.control.ControlService;
import dev.keepsake.control.Fault;
import dev.keepsake.core.Clock;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/// `POST /_keepsake/reset`: deletes everything, for test suites. Returns when everything is gone.
final class ResetCall {
    private static final long WITHIN_NS = TimeUnit.SECONDS.toNanos(30);
    private static final long LOOK_EVERY_NS = TimeUnit.MILLISECONDS.toNanos(10);

    private final boolean allowed;
    private final ControlService control;
    private final Clock clock;

    ResetCall(boolean allowed, ControlService control, Clock clock) {
        this.allowed = allowed;
        this.control = control;
        this.clock = clock;
    }

    void expectAllowed() {
        if (!allowed) {
            throw Fault.ACCESS_DENIED.because(
                    "A reset is not allowed; start the server with --allow-reset.");
        }
    }

    void carryOut() {
        expectAllowed();
        control.decide(plane -> plane.reset(clock.now()));
        long startNs = clock.nowNs();
        while (!control.query(plane -> plane.isEmpty())) {
            if (clock.nowNs() - startNs > WITHIN_NS) {
                throw new IllegalStateException("the reset has not deleted everything after 30 s");
            }
            LockSupport.parkNanos(LOOK_EVERY_NS);
        }
    }
}
