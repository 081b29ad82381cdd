package dev.keepsake.control;

/// Asks an engine whether it knows every command and category of an access string. Any thread; may
/// block.
public interface AccessStringCheck {
    /// Asks.
    ///
    /// @param normalForm as [Access#normalForm] gives it
    /// @throws ApiException when an engine does not take it; the message is the engine's
    void check(String normalForm);
}
