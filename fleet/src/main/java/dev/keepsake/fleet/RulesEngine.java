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

/// Checks access strings with engines of its own, which have no data and no clients. A user may be
/// accepted by clusters of any engine, so it is enough that one installed engine accepts the
/// string; a cluster whose engine does not accept it refuses the user. An engine that cannot be
/// asked is skipped if another one answers. Any thread. One check runs at a time and takes as long
/// as engines need to start; strings that were accepted lately are remembered.
final class RulesEngine implements AccessStringCheck {
    private static final int REMEMBERED_MAX = 1_000;

    private final Asked asked;
    private final Supplier<List<EngineSpec>> specs;
    private final ReentrantLock turn = new ReentrantLock();
    private final Set<String> taken = new LinkedHashSet<>(); // guarded by turn, oldest first

    /// Executes a command on an engine. Blocks.
    @FunctionalInterface
    interface Asked {
        RespValue answer(EngineSpec spec, List<String> command) throws IOException;
    }

    /// @param specs gives one specification for each engine that may be run now
    RulesEngine(EngineLauncher launcher, Supplier<List<EngineSpec>> specs) {
        this(
                (spec, command) -> {
                    try (var engine = launcher.launch(spec)) {
                        return engine.command(command.toArray(new String[0]));
                    }
                },
                specs);
    }

    /// @param asked executes a command on an engine that is launched for it
    RulesEngine(Asked asked, Supplier<List<EngineSpec>> specs) {
        this.asked = asked;
        this.specs = specs;
    }

    @Override
    public void check(String normalForm) {
        turn.lock();
        try {
            if (!taken.contains(normalForm)) {
                ask(normalForm);
                remember(normalForm);
            }
        } finally {
            turn.unlock();
        }
    }

    /// Returns when one engine has accepted the string.
    private void ask(String normalForm) {
        var command = new ArrayList<>(List.of("ACL", "SETUSER", "probe", "reset"));
        command.addAll(List.of(normalForm.split(" ", -1)));
        String refusal = null;
        var failures = new ArrayList<String>();
        for (var spec : specs.get()) {
            try {
                var answer = asked.answer(spec, command);
                if (!(answer instanceof RespValue.ErrorReply(String text))) {
                    return;
                }
                refusal = refusal == null ? text : refusal;
            } catch (IOException | RuntimeException e) { // the answer may have any form
                failures.add(failure(spec, e));
            }
        }
        if (refusal == null) {
            throw new ControlUnavailableException(
                    "nothing was changed: no engine can check the access string: "
                            + (failures.isEmpty()
                                    ? "none here may be run"
                                    : String.join("; ", failures)));
        }
        throw Fault.INVALID_PARAMETER_VALUE.because("AccessString is not valid: %s", refusal);
    }

    private static String failure(EngineSpec spec, Exception e) {
        var program = spec.program();
        return program == null
                ? String.valueOf(e.getMessage())
                : "%s: %s".formatted(program.described(), e.getMessage());
    }

    private void remember(String normalForm) {
        taken.add(normalForm);
        if (taken.size() > REMEMBERED_MAX) {
            taken.remove(taken.iterator().next());
        }
    }
}
