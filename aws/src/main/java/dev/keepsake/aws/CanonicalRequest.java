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

    /// The whole text without its last line, which is the digest of the body.
    ///
    /// @param path the path in its signed form
    /// @param query as [#query] returns it
    /// @param headers the signed headers, by their names in lower case, in alphabetical order
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

    /// The parameters in order, each in its only valid encoding.
    ///
    /// @param parameters names and values, not encoded
    /// @param charset converts their characters to bytes
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
