package dev.keepsake.fleet;

import dev.keepsake.control.AccessStringCheck;
import dev.keepsake.control.Fault;
import dev.keepsake.engine.EngineLauncher;
import dev.keepsake.engine.EngineSpec;
import dev.keepsake.resp.RespValue;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/// Asks an engine of its own, which holds nothing and serves nobody, whether access strings are
/// what engines take. Any thread; one at a time, each for as long as an engine needs to start.
final class RulesEngine implements AccessStringCheck {
    private final EngineLauncher launcher;
    private final EngineSpec spec;
    private final ReentrantLock turn = new ReentrantLock();

    RulesEngine(EngineLauncher launcher, EngineSpec spec) {
        this.launcher = launcher;
        this.spec = spec;
    }

    @Override
    public void check(String normalForm) {
        var command = new ArrayList<>(List.of("ACL", "SETUSER", "probe", "reset"));
        command.addAll(List.of(normalForm.split(" ", -1)));
        turn.lock();
        try (var engine = launcher.launch(spec)) {
            if (engine.command(command.toArray(new String[0]))
                    instanceof RespValue.ErrorReply(String text)) {
                throw Fault.INVALID_PARAMETER_VALUE.because("AccessString is not valid: %s", text);
            }
        } catch (IOException e) {
            throw new ControlUnavailableException(
                    "nothing was changed: no engine can check the access string: "
                            + e.getMessage());
        } finally {
            turn.unlock();
        }
    }
}
