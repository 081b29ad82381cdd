package dev.keepsake.buckets;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.keepsake.aws.SignatureV4;
import dev.keepsake.core.Secret;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// An S3 server in memory with the rules that matter: buckets must exist, every request is signed
/// and every body is the one that was signed for, ranges and versions are kept to, and an upload in
/// parts is an object only once it is completed. Speaks to loopback alone.
public final class S3StandIn implements AutoCloseable {
    private static final String REGION = "eu-central-1";
    private static final String KEY_ID = "AKIDEXAMPLE";
    private static final Secret KEY = new Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
    private static final Pattern AUTHORIZATION =
            Pattern.compile(
                    "AWS4-HMAC-SHA256 Credential=([^/]+)/(\\d{8}/[a-z0-9-]+/s3/aws4_request),"
                            + "\\s*SignedHeaders=([a-z0-9;-]+),\\s*Signature=([0-9a-f]{64})");
    private static final Pattern RANGE = Pattern.compile("bytes=(\\d+)-(\\d+)");
    private static final Pattern PART =
            Pattern.compile("<Part><PartNumber>(\\d+)</PartNumber><ETag>([^<]+)</ETag></Part>");

    private final HttpServer server;
    private final Map<String, Map<String, byte[]>> buckets = new ConcurrentHashMap<>();
    private final Map<String, Map<Integer, byte[]>> uploads = new ConcurrentHashMap<>();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final AtomicInteger failures = new AtomicInteger();
    private final AtomicInteger lastUpload = new AtomicInteger();
    private volatile Runnable onUploading = () -> {};

    public S3StandIn() {
        try {
            server =
                    HttpServer.create(
                            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 16);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::handle);
        server.start();
    }

    /// How to speak to it.
    public S3Endpoint endpoint() {
        return endpoint(KEY);
    }

    S3Endpoint endpoint(Secret key) {
        return new S3Endpoint(
                URI.create("http://127.0.0.1:" + server.getAddress().getPort()),
                REGION,
                KEY_ID,
                key);
    }

    public void createBucket(String name) {
        buckets.put(name, new ConcurrentHashMap<>());
    }

    /// The objects of a bucket.
    public Map<String, byte[]> objects(String bucket) {
        return buckets.getOrDefault(bucket, Map.of());
    }

    /// Uploads that were neither completed nor given up.
    int openUploads() {
        return uploads.size();
    }

    /// Method and address of every request that was let in.
    List<String> requests() {
        return requests;
    }

    /// Answers that many requests with 503.
    void failNext(int count) {
        failures.set(count);
    }

    /// Does this when an upload in parts has begun.
    void whenUploading(Runnable action) {
        onUploading = action;
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            var body = exchange.getRequestBody().readAllBytes();
            if (failures.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
                fail(exchange, 503, "SlowDown");
                return;
            }
            if (!isSigned(exchange, body)) {
                fail(exchange, 403, "SignatureDoesNotMatch");
                return;
            }
            requests.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
            var path = exchange.getRequestURI().getRawPath().split("/", 3);
            var bucket = buckets.get(decoded(path[1]));
            if (bucket == null) {
                fail(exchange, 404, "NoSuchBucket");
                return;
            }
            var query = query(exchange);
            if (query.isEmpty()) {
                object(exchange, bucket, decoded(path[2]), body);
            } else {
                upload(exchange, bucket, decoded(path[2]), query, body);
            }
        }
    }

    private static void object(
            HttpExchange exchange, Map<String, byte[]> bucket, String key, byte[] body)
            throws IOException {
        if (exchange.getRequestMethod().equals("PUT")) {
            bucket.put(key, body);
            answer(exchange, 200, tag(body), new byte[0]);
            return;
        }
        var object = bucket.get(key);
        if (object == null) {
            fail(exchange, 404, "NoSuchKey");
            return;
        }
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.getResponseHeaders().set("ETag", tag(object));
            exchange.getResponseHeaders().set("Content-Length", Integer.toString(object.length));
            exchange.sendResponseHeaders(200, -1);
            return;
        }
        String wanted = exchange.getRequestHeaders().getFirst("if-match");
        if (wanted != null && !wanted.equals(tag(object))) {
            fail(exchange, 412, "PreconditionFailed");
            return;
        }
        var range = RANGE.matcher(exchange.getRequestHeaders().getFirst("range"));
        if (range.matches()) {
            int from = Integer.parseInt(range.group(1));
            int to = Math.min(object.length, Integer.parseInt(range.group(2)) + 1);
            answer(exchange, 206, tag(object), Arrays.copyOfRange(object, from, to));
        } else {
            answer(exchange, 200, tag(object), object);
        }
    }

    private void upload(
            HttpExchange exchange,
            Map<String, byte[]> bucket,
            String key,
            Map<String, String> query,
            byte[] body)
            throws IOException {
        if (query.containsKey("uploads")) {
            String id = "up/load+%d".formatted(lastUpload.incrementAndGet());
            uploads.put(id, new ConcurrentHashMap<>());
            onUploading.run();
            xml(exchange, "<UploadId>%s</UploadId>".formatted(id));
            return;
        }
        String id = query.getOrDefault("uploadId", "");
        var parts = uploads.get(id);
        if (parts == null) {
            fail(exchange, 404, "NoSuchUpload");
            return;
        }
        switch (exchange.getRequestMethod()) {
            case "PUT" -> {
                parts.put(Integer.parseInt(query.get("partNumber")), body);
                answer(exchange, 200, tag(body), new byte[0]);
            }
            case "DELETE" -> {
                uploads.remove(id);
                exchange.sendResponseHeaders(204, -1);
            }
            default -> complete(exchange, bucket, key, id, parts, new String(body, UTF_8));
        }
    }

    private void complete(
            HttpExchange exchange,
            Map<String, byte[]> bucket,
            String key,
            String id,
            Map<Integer, byte[]> parts,
            String list)
            throws IOException {
        var whole = new ByteArrayOutputStream();
        var named = PART.matcher(list);
        int last = 0;
        while (named.find()) {
            int number = Integer.parseInt(named.group(1));
            var part = parts.get(number);
            if (part == null
                    || number <= last
                    || !tag(part).equals(named.group(2).replace("&quot;", "\""))) {
                fail(exchange, 400, "InvalidPart");
                return;
            }
            whole.write(part);
            last = number;
        }
        bucket.put(key, whole.toByteArray());
        uploads.remove(id);
        xml(exchange, "<CompleteMultipartUploadResult></CompleteMultipartUploadResult>");
    }

    // ---- signatures

    private static boolean isSigned(HttpExchange exchange, byte[] body) {
        var headers = exchange.getRequestHeaders();
        var parts = AUTHORIZATION.matcher(String.valueOf(headers.getFirst("Authorization")));
        String time = String.valueOf(headers.getFirst("x-amz-date"));
        if (!parts.matches()
                || !parts.group(1).equals(KEY_ID)
                || !parts.group(2).equals(time.substring(0, 8) + "/" + REGION + "/s3/aws4_request")
                || !SignatureV4.sha256Hex(body).equals(headers.getFirst("x-amz-content-sha256"))) {
            return false;
        }
        var signed = List.of(parts.group(3).split(";", -1));
        if (!signed.containsAll(List.of("host", "x-amz-date", "x-amz-content-sha256"))) {
            return false;
        }
        String path =
                Arrays.stream(exchange.getRequestURI().getRawPath().split("/", -1))
                        .map(part -> encoded(decoded(part)))
                        .collect(Collectors.joining("/"));
        String query =
                query(exchange).entrySet().stream()
                        .map(pair -> encoded(pair.getKey()) + "=" + encoded(pair.getValue()))
                        .collect(Collectors.joining("&"));
        var lines = new ArrayList<String>();
        lines.add(exchange.getRequestMethod());
        lines.add(path);
        lines.add(query);
        signed.forEach(name -> lines.add(name + ":" + headers.getFirst(name)));
        lines.add("");
        lines.add(parts.group(3));
        lines.add(SignatureV4.sha256Hex(body));
        return SignatureV4.matches(
                KEY, time, parts.group(2), String.join("\n", lines), parts.group(4));
    }

    private static Map<String, String> query(HttpExchange exchange) {
        var query = new TreeMap<String, String>();
        String raw = exchange.getRequestURI().getRawQuery();
        if (raw != null) {
            for (String pair : raw.split("&", -1)) {
                var sides = pair.split("=", 2);
                query.put(decoded(sides[0]), sides.length == 1 ? "" : decoded(sides[1]));
            }
        }
        return query;
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), UTF_8);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, UTF_8)
                .replace("+", "%20")
                .replace("*", "%2A")
                .replace("%7E", "~");
    }

    // ---- answers

    private static String tag(byte[] content) {
        return "\"" + SignatureV4.sha256Hex(content).substring(0, 32) + "\"";
    }

    private static void xml(HttpExchange exchange, String body) throws IOException {
        answer(exchange, 200, "\"\"", ("<?xml version=\"1.0\"?>" + body).getBytes(UTF_8));
    }

    private static void fail(HttpExchange exchange, int status, String code) throws IOException {
        var body =
                exchange.getRequestMethod().equals("HEAD")
                        ? ""
                        : "<Error><Code>%s</Code></Error>".formatted(code);
        answer(exchange, status, "\"\"", body.getBytes(UTF_8));
    }

    private static void answer(HttpExchange exchange, int status, String tag, byte[] body)
            throws IOException {
        exchange.getResponseHeaders().set("ETag", tag);
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        if (body.length > 0) {
            exchange.getResponseBody().write(body);
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
