package dev.keepsake.control;

import java.util.function.Function;

/// How the control plane is asked. Any thread; blocks until the answer is certain.
public interface ControlService {
    /// Decides, makes the decision durable, applies it, and only then returns.
    ///
    /// @throws ApiException when the call is refused; nothing has changed then
    <R> R decide(Function<ControlPlane, Decision<R>> decision);

    /// Reads.
    <R> R query(Function<ControlPlane, R> query);
}
