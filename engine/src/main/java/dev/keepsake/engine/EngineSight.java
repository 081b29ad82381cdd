package dev.keepsake.engine;

/// What is found where a program was.
public sealed interface EngineSight {
    /// The program that is there now.
    EngineBinary binary();

    /// It could be examined.
    record Examined(EngineFacts facts) implements EngineSight {
        @Override
        public EngineBinary binary() {
            return facts.binary();
        }
    }

    /// It could not be.
    ///
    /// @param reason why, for people
    record Unexamined(EngineBinary binary, String reason) implements EngineSight {}
}
