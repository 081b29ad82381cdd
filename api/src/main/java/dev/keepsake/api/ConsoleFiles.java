package dev.keepsake.api;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The files of the console, which a browser reads below `/_keepsake/`. They contain no data, so
/// they need no signature. Immutable; any thread.
///
/// The Content-Security-Policy lets the page load scripts and styles of this server only, and send
/// requests to this server only.
final class ConsoleFiles {
    static final String DIRECTORY = "/_keepsake/";
    static final List<String> NAMES =
            List.of(
                    "index.html",
                    "console.css",
                    "icon.svg",
                    "main.js",
                    "api.js",
                    "clusters.js",
                    "dom.js",
                    "failover.js",
                    "format.js",
                    "history.js",
                    "lists.js",
                    "plot.js",
                    "records.js",
                    "signer.js",
                    "stream.js",
                    "timeline.js",
                    "uPlot.esm.js",
                    "uPlot.min.css");

    private static final String POLICY =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
                    + " connect-src 'self'; base-uri 'none'; form-action 'none';"
                    + " frame-ancestors 'none'; require-trusted-types-for 'script'";
    private static final List<HttpHead.Header> HEADERS =
            List.of(
                    new HttpHead.Header("Content-Security-Policy", POLICY),
                    new HttpHead.Header("X-Content-Type-Options", "nosniff"),
                    new HttpHead.Header("X-Frame-Options", "DENY"),
                    new HttpHead.Header("Referrer-Policy", "no-referrer"),
                    new HttpHead.Header("Cross-Origin-Opener-Policy", "same-origin"),
                    new HttpHead.Header("Cross-Origin-Resource-Policy", "same-origin"),
                    new HttpHead.Header("Cache-Control", "no-cache"));

    private final Map<String, HttpAnswer> byPath = new HashMap<>();

    ConsoleFiles() {
        for (String name : NAMES) {
            byPath.put(DIRECTORY + name, file(name));
        }
        byPath.put(DIRECTORY, file("index.html"));
        byPath.put("/_keepsake", toConsole());
    }

    /// The answer to a request for one of the files. Also the answer to a person who opens the
    /// server's address in a browser: it leads to the console.
    Optional<HttpAnswer> answer(HttpHead head) {
        if (!head.method().equals("GET") && !head.method().equals("HEAD")) {
            return Optional.empty();
        }
        boolean isOpenedByPerson =
                head.path().equals("/")
                        && head.query().isEmpty()
                        && head.headerOrEmpty("sec-fetch-dest").equals("document");
        return Optional.ofNullable(byPath.get(isOpenedByPerson ? "/_keepsake" : head.path()));
    }

    private static HttpAnswer toConsole() {
        var headers = new ArrayList<>(HEADERS);
        headers.add(new HttpHead.Header("Location", DIRECTORY));
        return new HttpAnswer(302, "text/plain", headers, new byte[0]);
    }

    private static HttpAnswer file(String name) {
        return new HttpAnswer(200, contentType(name), HEADERS, read(name));
    }

    private static String contentType(String name) {
        return switch (name.substring(name.lastIndexOf('.'))) {
            case ".html" -> "text/html; charset=utf-8";
            case ".css" -> "text/css; charset=utf-8";
            case ".js" -> "text/javascript; charset=utf-8";
            case ".svg" -> "image/svg+xml";
            default -> throw new IllegalStateException("%s has no content type".formatted(name));
        };
    }

    private static byte[] read(String name) {
        try (var file = ConsoleFiles.class.getResourceAsStream("console/" + name)) {
            if (file == null) {
                throw new IllegalStateException("the console's %s is missing".formatted(name));
            }
            return file.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
