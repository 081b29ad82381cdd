package dev.keepsake.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keepsake.control.ApiException;
import dev.keepsake.control.Fault;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The head of an HTTP request: everything before its body. Immutable.
///
/// It accepts only what RFC 9112 allows, and of that only what has one possible meaning: no line
/// ends without CR, no folded headers, no second value of a header that decides something, not both
/// a length and chunks. So a proxy between client and server sees the same requests as the server.
///
/// @param path raw, without the query
/// @param query raw, without its question mark; empty when there is none
/// @param headers with their names in lower case, in the order of the request
/// @param isHttp10 whether the client uses HTTP/1.0
/// @param bodyBytes the length of the body, or [#CHUNKED]
record HttpHead(
        String method,
        String path,
        String query,
        List<Header> headers,
        boolean isHttp10,
        long bodyBytes) {
    /// The length of a body in chunks, which is known only at its end.
    static final long CHUNKED = -1;

    private static final int HEADERS_MAX = 100;
    private static final int METHOD_MAX_BYTES = 32;
    private static final int LENGTH_MAX_DIGITS = 15;
    private static final Pattern DIGITS = Pattern.compile("\\d{1," + LENGTH_MAX_DIGITS + "}");

    /// Headers that decide something, and so may occur only once.
    private static final Set<String> SINGLE =
            Set.of(
                    "authorization",
                    "content-encoding",
                    "content-length",
                    "content-type",
                    "expect",
                    "host",
                    "origin",
                    "transfer-encoding",
                    "x-amz-content-sha256",
                    "x-amz-date",
                    "x-amz-security-token",
                    "x-amz-target");

    /// One header.
    ///
    /// @param name in lower case
    /// @param value without white space around it
    record Header(String name, String value) {}

    /// Parses a head.
    ///
    /// @param bytes the whole head, with the empty line at its end
    /// @throws ApiException when it is not valid; the message says why
    static HttpHead parse(byte[] bytes, int length) {
        var lines = new String(bytes, 0, length, ISO_8859_1).split("\r\n", -1);
        var request = lines[0].split(" ", -1);
        if (request.length != 3 || !isToken(request[0])) {
            throw malformed("the first line is not METHOD TARGET HTTP/1.1");
        }
        boolean isHttp10 = request[2].equals("HTTP/1.0");
        if (!isHttp10 && !request[2].equals("HTTP/1.1")) {
            throw malformed("the first line does not end in HTTP/1.1 or HTTP/1.0");
        }
        String target = request[1];
        if (request[0].length() > METHOD_MAX_BYTES || !isTarget(target)) {
            throw malformed("the target of the first line is not a path");
        }
        var headers = new ArrayList<Header>();
        for (int i = 1; i < lines.length - 2; i++) { // the last two are empty
            headers.add(parseHeader(lines[i]));
        }
        if (headers.size() > HEADERS_MAX) {
            throw malformed("there are more than %d headers".formatted(HEADERS_MAX));
        }
        expectSingle(headers);
        int question = target.indexOf('?');
        var head =
                new HttpHead(
                        request[0],
                        question < 0 ? target : target.substring(0, question),
                        question < 0 ? "" : target.substring(question + 1),
                        List.copyOf(headers),
                        isHttp10,
                        0);
        if (!isHttp10 && head.header("host") == null) {
            throw malformed("there is no Host header");
        }
        return head.withBody(head.bodyLength());
    }

    private HttpHead withBody(long bytes) {
        return new HttpHead(method, path, query, headers, isHttp10, bytes);
    }

    private static Header parseHeader(String line) {
        int colon = line.indexOf(':');
        if (colon < 1 || !isToken(line.substring(0, colon))) {
            throw malformed("a header line is not NAME: VALUE");
        }
        var value = line.substring(colon + 1);
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if ((c < ' ' && c != '\t') || c == 0x7F) {
                throw malformed("a header has a control character");
            }
        }
        return new Header(
                line.substring(0, colon).toLowerCase(Locale.ROOT),
                new String(value.getBytes(ISO_8859_1), UTF_8).strip());
    }

    private static void expectSingle(List<Header> headers) {
        var seen = new HashSet<String>();
        for (var header : headers) {
            if (SINGLE.contains(header.name()) && !seen.add(header.name())) {
                throw malformed("the header %s is there twice".formatted(header.name()));
            }
        }
    }

    private long bodyLength() {
        var length = header("content-length");
        var encoding = header("transfer-encoding");
        if (encoding == null) {
            if (length == null) {
                return 0;
            }
            if (!DIGITS.matcher(length).matches()) {
                throw malformed("the Content-Length is not a number of bytes");
            }
            return Long.parseLong(length);
        }
        if (length != null) {
            throw malformed("there are both a Content-Length and a Transfer-Encoding");
        }
        if (isHttp10 || !encoding.equalsIgnoreCase("chunked")) {
            throw malformed("the Transfer-Encoding is not chunked, or of HTTP/1.0");
        }
        return CHUNKED;
    }

    static ApiException malformed(String why) {
        return Fault.MALFORMED_HTTP_REQUEST.because(
                "The request cannot be understood as HTTP/1.1: %s.", why);
    }

    private static boolean isToken(String text) {
        if (text.isEmpty()) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean letterOrDigit =
                    (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            if (!letterOrDigit && "!#$%&'*+-.^_`|~".indexOf(c) < 0) {
                return false;
            }
        }
        return true;
    }

    private static boolean isTarget(String text) {
        if (!text.startsWith("/")) {
            return text.equals("*");
        }
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c <= ' ' || c >= 0x7F) {
                return false;
            }
        }
        return true;
    }

    /// The values of a header, joined with commas; null when there is none.
    ///
    /// @param name in lower case
    @Nullable String header(String name) {
        String found = null;
        for (var header : headers) {
            if (header.name().equals(name)) {
                found = found == null ? header.value() : found + "," + header.value();
            }
        }
        return found;
    }

    /// Does the same as [#header], with an empty text instead of null.
    String headerOrEmpty(String name) {
        var value = header(name);
        return value == null ? "" : value;
    }

    /// The names of all headers.
    Set<String> headerNames() {
        return headers.stream().map(Header::name).collect(Collectors.toSet());
    }

    boolean hasBody() {
        return bodyBytes != 0;
    }

    /// Whether the connection is closed after this request.
    boolean isLast() {
        if (isHttp10) {
            return true;
        }
        for (String token : headerOrEmpty("connection").split(",", -1)) {
            if (token.strip().equalsIgnoreCase("close")) {
                return true;
            }
        }
        return false;
    }

    /// Whether the client waits for `100 Continue` before it sends the body.
    boolean waitsToBeToldToContinue() {
        return !isHttp10 && headerOrEmpty("expect").equalsIgnoreCase("100-continue");
    }
}
