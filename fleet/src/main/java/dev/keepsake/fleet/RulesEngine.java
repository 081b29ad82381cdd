package dev.keepsake.fleet;

import dev.keepsake.control.AccessStringCheck;
import dev.keepsake.control.ControlUnavailableException;
import dev.keepsake.control.Fault;
import dev.keepsake.engine.EngineLauncher;
import dev.keepsake.engine.EngineSpec;
import dev.keepsake.resp.RespValue;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/// Asks engines of its own, which hold nothing and serve nobody, whether access strings are what
/// engines take. A user may be let into clusters of any engine, so it is enough that one of those
/// installed takes its string; an engine that does not keeps the user out. Any thread; one at a
/// time, each for as long as engines need to start, but for strings that were taken lately.
final class RulesEngine implements AccessStringCheck {
    private static final int REMEMBERED_MAX = 1_000;

    private final EngineLauncher launcher;
    private final Supplier<List<EngineSpec>> specs;
    private final ReentrantLock turn = new ReentrantLock();
    private final Set<String> taken = new LinkedHashSet<>(); // guarded by turn, oldest first

    /// @param specs one for each engine that may be run now
    RulesEngine(EngineLauncher launcher, Supplier<List<EngineSpec>> specs) {
        this.launcher = launcher;
        this.specs = specs;
    }

    @Override
    public void check(String normalForm) {
        turn.lock();
        try {
            if (taken.contains(normalForm)) {
                return;
            }
            var engines = specs.get();
            if (engines.isEmpty()) {
                throw new IOException("none here may be run");
            }
            String refusal = null;
            for (var spec : engines) {
                var answer = ask(spec, normalForm);
                if (!(answer instanceof RespValue.ErrorReply(String text))) {
                    remember(normalForm);
                    return;
                }
                refusal = refusal == null ? text : refusal;
            }
            throw Fault.INVALID_PARAMETER_VALUE.because(
                    "AccessString is not valid: %s", String.valueOf(refusal));
        } catch (IOException e) {
            throw new ControlUnavailableException(
                    "nothing was changed: no engine can check the access string: "
                            + e.getMessage());
        } finally {
            turn.unlock();
        }
    }

    private RespValue ask(EngineSpec spec, String normalForm) throws IOException {
        var command = new ArrayList<>(List.of("ACL", "SETUSER", "probe", "reset"));
        command.addAll(List.of(normalForm.split(" ", -1)));
        try (var engine = launcher.launch(spec)) {
            return engine.command(command.toArray(new String[0]));
        }
    }

    private void remember(String normalForm) {
        taken.add(normalForm);
        if (taken.size() > REMEMBERED_MAX) {
            taken.remove(taken.iterator().next());
        }
    }
}
