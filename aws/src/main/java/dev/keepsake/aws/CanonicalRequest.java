package dev.keepsake.aws;

import java.nio.charset.Charset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Map;
import java.util.SequencedMap;

/// The text that a signature of version 4 signs. Source: AWS's description of the signing process.
/// Stateless; any thread.
public final class CanonicalRequest {
    private CanonicalRequest() {}

    /// All of it but the digest of the body, which follows.
    ///
    /// @param path as it is signed
    /// @param query as [#query] gives it
    /// @param headers those that are signed, by their names in lower case, in the order of the
    ///   alphabet
    public static String head(
            String method, String path, String query, SequencedMap<String, String> headers) {
        var lines = new StringBuilder();
        lines.append(method).append('\n').append(path).append('\n').append(query).append('\n');
        headers.forEach((name, value) -> lines.append(name).append(':').append(value).append('\n'));
        return lines.append('\n')
                .append(String.join(";", headers.keySet()))
                .append('\n')
                .toString();
    }

    /// Parameters in order, each encoded in the one way that is meant.
    ///
    /// @param parameters names and values as they are meant
    /// @param charset what their characters are as bytes
    public static String query(
            Collection<? extends Map.Entry<String, String>> parameters, Charset charset) {
        var encoded = new ArrayList<Map.Entry<String, String>>();
        for (var parameter : parameters) {
            encoded.add(
                    Map.entry(
                            SignatureV4.encoded(parameter.getKey(), charset),
                            SignatureV4.encoded(parameter.getValue(), charset)));
        }
        encoded.sort(Map.Entry.<String, String>comparingByKey().thenComparing(Map.Entry::getValue));
        var text = new StringBuilder();
        for (var parameter : encoded) {
            text.append(text.isEmpty() ? "" : "&");
            text.append(parameter.getKey()).append('=').append(parameter.getValue());
        }
        return text.toString();
    }
}
