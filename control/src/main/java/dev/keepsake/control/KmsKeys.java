package dev.keepsake.control;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Names of KMS keys in requests: an id, an alias or an ARN. Keepsake stores and describes them. It
/// encrypts nothing with them, because it has no KMS.
public final class KmsKeys {
    private static final int LENGTH_MAX = 2048;
    private static final String ID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32}";
    private static final String ALIAS = "alias/[A-Za-z0-9/_-]{1,250}";
    private static final Pattern SHORT = Pattern.compile("(" + ID + ")|" + ALIAS);
    private static final Pattern ARN =
            Pattern.compile(
                    "arn:aws[a-z-]*:kms:([a-z0-9-]{1,63}):\\d{12}:(?:key/(?:%s)|%s)"
                            .formatted(ID, ALIAS));

    private KmsKeys() {}

    /// The key as the request gave it, or null for none.
    ///
    /// @throws ApiException when the text cannot name a key for a cluster of the region. The fault
    ///   is InvalidParameterValue, because the calls with keys declare no fault of their own for
    ///   them
    static @Nullable String check(@Nullable String given, String region) {
        if (given == null) {
            return null;
        }
        var arn = ARN.matcher(given);
        if (arn.matches() && !arn.group(1).equals(region)) {
            throw Fault.INVALID_PARAMETER_VALUE.because(
                    "KmsKeyId is of the region %s; expected a key of %s.", arn.group(1), region);
        }
        if (given.length() > LENGTH_MAX || !(arn.matches() || SHORT.matcher(given).matches())) {
            throw Fault.INVALID_PARAMETER_VALUE.because(
                    "KmsKeyId is not the id, alias or ARN of a key; expected one such as"
                            + " 1234abcd-12ab-34cd-56ef-1234567890ab, alias/NAME or"
                            + " arn:aws:kms:%s:ACCOUNT:key/ID.",
                    region);
        }
        return given;
    }

    /// The ARN of a key, which responses contain for every form of its name.
    public static String arn(String key, String region, String accountId) {
        if (key.startsWith("arn:")) {
            return key;
        }
        String resource = key.startsWith("alias/") ? key : "key/" + key;
        return "arn:aws:kms:%s:%s:%s".formatted(region, accountId, resource);
    }
}
