package dev.keepsake.engine;

/// What is found where a program was.
public sealed interface EngineSight {
    /// The program that is there now, or that was there.
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

    /// There is none that can be used: it was removed, or what is there is none, or too old.
    ///
    /// @param binary what was there
    /// @param reason what is there now, as a sentence goes on behind the name: `is not a file`
    record Gone(EngineBinary binary, String reason) implements EngineSight {}
}
