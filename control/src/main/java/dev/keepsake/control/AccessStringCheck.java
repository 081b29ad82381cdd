package dev.keepsake.control;

/// Asks an engine whether it knows every command and category of an access string. Any thread; may
/// block.
public interface AccessStringCheck {
    /// Checks an access string.
    ///
    /// @param normalForm as [Access#normalForm] returns it
    /// @throws ApiException when an engine refuses it; the message is the engine's
    void check(String normalForm);
}
