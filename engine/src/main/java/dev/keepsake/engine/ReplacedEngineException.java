package dev.keepsake.engine;

import java.io.IOException;

/// The program at a path is no longer the examined one, so its facts are not true for it.
public final class ReplacedEngineException extends IOException {
    private static final long serialVersionUID = 1;

    /// @param binary the program as it was known
    /// @param how the difference, for people
    ReplacedEngineException(EngineBinary binary, String how) {
        super(
                "%s is another program now: %s. It is examined anew"
                        .formatted(binary.described(), how));
    }
}
