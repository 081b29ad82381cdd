package dev.keepsake.api;

import dev.keepsake.aws.AccessKey;
import java.util.Map;

/// Who may call, and what.
///
/// @param credentials keys by access key id; when there are none, everybody may call and no
///   signature is looked at
/// @param allowReset whether `POST /_keepsake/reset` empties everything
public record ApiAccess(Map<String, AccessKey> credentials, boolean allowReset) {
    /// Everybody may call everything but the reset.
    public static final ApiAccess OPEN = new ApiAccess(Map.of(), false);

    public ApiAccess {
        credentials = Map.copyOf(credentials);
    }
}
