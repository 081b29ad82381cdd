package dev.keepsake.control;

import java.util.function.Function;

/// Access to the control plane. Any thread; blocks until the outcome is certain.
public interface ControlService {
    /// Makes a decision, makes it durable, applies it, and then returns.
    ///
    /// @throws ApiException when the call is refused; nothing has changed then
    <R> R decide(Function<ControlPlane, Decision<R>> decision);

    /// Reads from the control plane.
    <R> R query(Function<ControlPlane, R> query);
}
