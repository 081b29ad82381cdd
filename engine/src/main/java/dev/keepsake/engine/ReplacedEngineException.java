package dev.keepsake.engine;

import java.io.IOException;

/// Where an engine program was, another one is now: what is known of it is not true of that.
public final class ReplacedEngineException extends IOException {
    private static final long serialVersionUID = 1;

    /// @param binary the program as it was known
    /// @param how what tells, for people
    ReplacedEngineException(EngineBinary binary, String how) {
        super(
                "%s is another program now: %s. It is examined anew"
                        .formatted(binary.described(), how));
    }
}
