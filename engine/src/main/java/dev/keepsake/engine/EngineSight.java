package dev.keepsake.engine;

/// The result of examining a program's path again.
public sealed interface EngineSight {
    /// The program that is there now; if there is none, the former one.
    EngineBinary binary();

    /// The program could be examined.
    record Examined(EngineFacts facts) implements EngineSight {
        @Override
        public EngineBinary binary() {
            return facts.binary();
        }
    }

    /// The program could not be examined.
    ///
    /// @param reason the reason, for people
    record Unexamined(EngineBinary binary, String reason) implements EngineSight {}

    /// There is no usable program: it was removed, is not an engine, or is too old.
    ///
    /// @param binary the former program
    /// @param reason the present state of the path, as the end of a sentence after the name: `is
    ///   not a file`
    record Gone(EngineBinary binary, String reason) implements EngineSight {}
}
