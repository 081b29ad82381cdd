package dev.keepsake.control;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Base64;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// One page of a list, and where the next begins.
///
/// @param nextToken null on the last page. It names the last item shown, so items that are added or
///   removed meanwhile neither repeat nor hide others
public record Page<T>(List<T> items, @Nullable String nextToken) {
    /// Cuts the page that `token` asks for out of `all`.
    ///
    /// @param key orders the list and tells its items apart
    static <T> Page<T> of(List<T> all, Function<T, String> key, int size, @Nullable String token) {
        int from = 0;
        if (token != null) {
            String last = decode(token);
            while (from < all.size() && key.apply(all.get(from)).compareTo(last) <= 0) {
                from++;
            }
        }
        int to = Math.min(all.size(), from + size);
        var items = List.copyOf(all.subList(from, to));
        return new Page<>(items, to < all.size() ? encode(key.apply(all.get(to - 1))) : null);
    }

    private static String encode(String key) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(("1:" + key).getBytes(UTF_8));
    }

    private static String decode(String token) {
        try {
            var decoded = new String(Base64.getUrlDecoder().decode(token), UTF_8);
            if (decoded.startsWith("1:")) {
                return decoded.substring(2);
            }
        } catch (IllegalArgumentException e) {
            // answered below
        }
        throw Fault.INVALID_PARAMETER_VALUE.because("The NextToken is not one of this server's.");
    }
}
