package dev.keepsake.control;

import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// One page of a list, and the token of the next page.
///
/// @param nextToken null on the last page. It names the last item of this page, so items that are
///   added or removed meanwhile neither repeat nor hide other items
public record Page<T>(List<T> items, @Nullable String nextToken) {
    /// Cuts the page that `token` asks for out of `all`.
    ///
    /// @param operation the operation that the list belongs to; tokens of other operations are
    ///   refused
    /// @param key orders the list and identifies its items
    static <T> Page<T> of(
            String operation,
            List<T> all,
            Function<T, String> key,
            int size,
            @Nullable String token) {
        int from = 0;
        if (token != null) {
            String last = PageToken.open(operation, token);
            while (from < all.size() && key.apply(all.get(from)).compareTo(last) <= 0) {
                from++;
            }
        }
        int to = Math.min(all.size(), from + size);
        var items = List.copyOf(all.subList(from, to));
        return new Page<>(
                items,
                to < all.size() ? PageToken.of(operation, key.apply(all.get(to - 1))) : null);
    }
}
