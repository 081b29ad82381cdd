package dev.keepsake.api;

import dev.keepsake.aws.AccessKey;
import java.util.Map;

/// Who may call the API, and whether a reset is allowed.
///
/// @param credentials keys by access key id; without keys, everyone may call and no signature is
///   checked
/// @param allowReset whether `POST /_keepsake/reset` deletes everything
public record ApiAccess(Map<String, AccessKey> credentials, boolean allowReset) {
    /// Everyone may call everything but the reset.
    public static final ApiAccess OPEN = new ApiAccess(Map.of(), false);

    public ApiAccess {
        credentials = Map.copyOf(credentials);
    }
}
