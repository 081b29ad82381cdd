package dev.keepsake.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;

/// An HTTP answer, without the headers of the connection. Immutable, provided that its body is not
/// changed.
final class HttpAnswer {
    private final int status;
    private final String contentType;
    private final List<HttpHead.Header> headers;
    private final byte[] body;

    /// @param headers the headers in addition to those of every answer
    /// @param body must not be changed from now on
    HttpAnswer(int status, String contentType, List<HttpHead.Header> headers, byte[] body) {
        this.status = status;
        this.contentType = contentType;
        this.headers = List.copyOf(headers);
        this.body = body;
    }

    /// An answer 200 with a text.
    static HttpAnswer ok(String contentType, String body) {
        return new HttpAnswer(200, contentType, List.of(), body.getBytes(UTF_8));
    }

    int status() {
        return status;
    }

    /// The value of a header; empty when there is none.
    String header(String name) {
        return headers.stream()
                .filter(header -> header.name().equalsIgnoreCase(name))
                .map(HttpHead.Header::value)
                .findFirst()
                .orElse("");
    }

    /// The body, which must not be changed.
    byte[] body() {
        return body;
    }

    /// The head of this answer as it is sent.
    ///
    /// @param date in the form of HTTP
    /// @param isLast whether the connection is closed after it
    String head(String date, boolean isLast) {
        return head(date, true, isLast);
    }

    /// The head of a stream, whose body has no length and ends with the connection.
    ///
    /// @param date in the form of HTTP
    String headOfStream(String date) {
        return head(date, false, true);
    }

    private String head(String date, boolean hasLength, boolean isLast) {
        var text = new StringBuilder(256);
        text.append("HTTP/1.1 ").append(status).append(' ').append(reason()).append("\r\n");
        append(text, "Date", date);
        append(text, "Content-Type", contentType);
        if (hasLength) {
            append(text, "Content-Length", Integer.toString(body.length));
        }
        headers.forEach(header -> append(text, header.name(), header.value()));
        append(text, "Connection", isLast ? "close" : "keep-alive");
        return text.append("\r\n").toString();
    }

    private static void append(StringBuilder text, String name, String value) {
        text.append(name).append(": ").append(value).append("\r\n");
    }

    private String reason() {
        return switch (status) {
            case 200 -> "OK";
            case 302 -> "Found";
            case 400 -> "Bad Request";
            case 403 -> "Forbidden";
            case 404 -> "Not Found";
            case 408 -> "Request Timeout";
            case 413 -> "Content Too Large";
            case 500 -> "Internal Server Error";
            case 503 -> "Service Unavailable";
            default -> "Answer";
        };
    }
}
