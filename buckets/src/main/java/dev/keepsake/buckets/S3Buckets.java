package dev.keepsake.buckets;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keepsake.aws.SignatureV4;
import dev.keepsake.core.Clock;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Buckets of an S3-compatible server, by signed requests with the bucket in the path.
///
/// Files are sent and received in parts, so that each request is bounded in time. Every part is
/// sent with its SHA-256, which the server checks. Received parts must belong to one version of the
/// object. A request that fails for a reason that may pass is tried again at once, a few times.
///
/// Decision 12 (docs/decisions) says why it does not use the SDK.
public final class S3Buckets implements Buckets {
    private static final Logger LOG = LoggerFactory.getLogger(S3Buckets.class);
    private static final long PART_BYTES = 64L << 20;
    private static final long READ_PART_BYTES = 4L << 20; // a part is in memory as a whole
    private static final int PARTS_MAX = 10_000; // the limit of S3
    private static final int TRIES = 3;
    private static final Duration CONNECT_WITHIN = Duration.ofSeconds(10);
    private static final long ANSWER_WITHIN_S = 300;
    private static final int SHOWN_MAX = 200;
    private static final Pattern UPLOAD_ID = Pattern.compile("<UploadId>([^<]+)</UploadId>");
    private static final Pattern CODE = Pattern.compile("<Code>([A-Za-z0-9.]+)</Code>");
    private static final byte[] NOTHING = {};

    private final S3Endpoint endpoint;
    private final S3Signer signer;
    private final Clock clock;
    private final long partBytes;
    private final HttpClient http;

    public S3Buckets(S3Endpoint endpoint, Clock clock) {
        this(endpoint, clock, PART_BYTES);
    }

    S3Buckets(S3Endpoint endpoint, Clock clock, long partBytes) {
        this.endpoint = endpoint;
        this.signer = new S3Signer(endpoint.region(), endpoint.accessKeyId(), endpoint.secretKey());
        this.clock = clock;
        this.partBytes = partBytes;
        this.http =
                HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .connectTimeout(CONNECT_WITHIN)
                        .followRedirects(HttpClient.Redirect.NEVER)
                        .build();
    }

    /// A part of a file.
    private record Slice(Path file, long from, long bytes) {
        InputStream open() {
            try {
                var channel = FileChannel.open(file, StandardOpenOption.READ);
                channel.position(from);
                return new Limited(
                        new BufferedInputStream(Channels.newInputStream(channel)), bytes);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        String sha256Hex() throws IOException {
            try (var in = open()) {
                var digest = MessageDigest.getInstance("SHA-256");
                var buffer = new byte[1 << 16];
                for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                    digest.update(buffer, 0, read);
                }
                return HexFormat.of().formatHex(digest.digest());
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("every JDK has SHA-256", e);
            } catch (UncheckedIOException e) {
                throw e.getCause();
            }
        }

        BodyPublisher body() {
            return bytes == 0
                    ? BodyPublishers.noBody()
                    : BodyPublishers.fromPublisher(BodyPublishers.ofInputStream(this::open), bytes);
        }
    }

    /// The first bytes of another stream.
    private static final class Limited extends InputStream {
        private final InputStream in;
        private long left;

        Limited(InputStream in, long bytes) {
            this.in = in;
            this.left = bytes;
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] to, int offset, int length) throws IOException {
            if (left == 0) {
                return -1;
            }
            int read = in.read(to, offset, (int) Math.min(length, left));
            left -= Math.max(0, read);
            return read;
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }

    /// The parts of a request that differ between requests.
    private record Ask(
            String method,
            String bucket,
            String key,
            Map<String, String> query,
            Map<String, String> headers) {
        Ask(String method, String bucket, String key) {
            this(method, bucket, key, Map.of(), Map.of());
        }

        Ask with(Map<String, String> otherQuery) {
            return new Ask(method, bucket, key, otherQuery, headers);
        }

        @Override
        public String toString() {
            return "%s of %s/%s".formatted(method, bucket, key);
        }
    }

    @Override
    public void put(String bucket, String key, Path file) throws IOException {
        long bytes = Files.size(file);
        if (bytes <= partBytes) {
            send(new Ask("PUT", bucket, key), new Slice(file, 0, bytes));
            return;
        }
        var begun = send(new Ask("POST", bucket, key).with(Map.of("uploads", "")), NOTHING);
        var id = UPLOAD_ID.matcher(text(begun));
        if (!id.find()) {
            throw new IOException(
                    "the S3 server did not begin the upload of %s/%s: %s"
                            .formatted(bucket, key, shown(begun)));
        }
        String uploadId = unescape(id.group(1));
        try {
            complete(bucket, key, uploadId, putParts(bucket, key, uploadId, file, bytes));
        } catch (IOException | RuntimeException e) {
            abort(bucket, key, uploadId);
            throw e;
        }
    }

    /// @return the ETags of the parts
    private List<String> putParts(String bucket, String key, String uploadId, Path file, long bytes)
            throws IOException {
        long eachBytes = Math.max(partBytes, Math.ceilDiv(bytes, (long) PARTS_MAX));
        var tags = new ArrayList<String>();
        for (long from = 0; from < bytes; from += eachBytes) {
            var query =
                    Map.of("partNumber", Integer.toString(tags.size() + 1), "uploadId", uploadId);
            var slice = new Slice(file, from, Math.min(eachBytes, bytes - from));
            var answer = send(new Ask("PUT", bucket, key).with(query), slice);
            tags.add(
                    answer.headers()
                            .firstValue("ETag")
                            .orElseThrow(() ->
                                    new IOException(
                                            "the S3 server gave part %d of %s/%s no ETag"
                                                    .formatted(tags.size() + 1, bucket, key))));
        }
        return tags;
    }

    private void complete(String bucket, String key, String uploadId, List<String> tags)
            throws IOException {
        var body = new StringBuilder("<CompleteMultipartUpload>");
        for (int i = 0; i < tags.size(); i++) {
            body.append("<Part><PartNumber>").append(i + 1).append("</PartNumber><ETag>");
            body.append(escape(tags.get(i))).append("</ETag></Part>");
        }
        body.append("</CompleteMultipartUpload>");
        var answer =
                send(
                        new Ask("POST", bucket, key).with(Map.of("uploadId", uploadId)),
                        body.toString().getBytes(UTF_8));
        // S3 may notice a failure after it has answered 200.
        if (!text(answer).contains("CompleteMultipartUploadResult")) {
            throw new IOException(
                    "the S3 server did not complete %s/%s: %s"
                            .formatted(bucket, key, shown(answer)));
        }
    }

    private void abort(String bucket, String key, String uploadId) {
        try {
            send(new Ask("DELETE", bucket, key).with(Map.of("uploadId", uploadId)), NOTHING);
        } catch (IOException e) {
            LOG.warn(
                    "bucket={} key={} parts of an abandoned upload remain reason={}",
                    bucket,
                    key,
                    e.getMessage());
        }
    }

    @Override
    public FillSource get(String bucket, String key, Path into, Filling filling)
            throws IOException {
        String name = "Object %s/%s".formatted(bucket, key);
        var head = send(new Ask("HEAD", bucket, key), NOTHING);
        long bytes = head.headers().firstValueAsLong("Content-Length").orElse(-1);
        var tag = head.headers().firstValue("ETag");
        if (bytes < 0 || tag.isEmpty()) {
            throw new IOException(
                    "the S3 server does not tell length and ETag of %s/%s".formatted(bucket, key));
        }
        Files.createDirectories(into.toAbsolutePath().getParent());
        filling.expectRoom(name, bytes, into);
        try (var file =
                FileChannel.open(
                        into,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE)) {
            long eachBytes = Math.min(partBytes, READ_PART_BYTES);
            for (long from = 0; from < bytes; from += eachBytes) {
                long to = Math.min(bytes, from + eachBytes);
                filling.expectRoom(name, to - from, into);
                var range =
                        Map.of(
                                "range",
                                "bytes=%d-%d".formatted(from, to - 1),
                                "if-match",
                                tag.get());
                var part = send(new Ask("GET", bucket, key, Map.of(), range), NOTHING);
                if (part.body().length != to - from) {
                    throw new IOException(
                            "the S3 server answered %d bytes of %s/%s; expected %d"
                                    .formatted(part.body().length, bucket, key, to - from));
                }
                var buffer = ByteBuffer.wrap(part.body());
                while (buffer.hasRemaining()) {
                    file.write(buffer);
                }
            }
            file.force(true);
        }
        return FillSource.ofOurs(name, into);
    }

    private HttpResponse<byte[]> send(Ask ask, byte[] body) throws IOException {
        return send(ask, SignatureV4.sha256Hex(body), BodyPublishers.ofByteArray(body));
    }

    private HttpResponse<byte[]> send(Ask ask, Slice slice) throws IOException {
        return send(ask, slice.sha256Hex(), slice.body());
    }

    /// @return a successful answer
    private HttpResponse<byte[]> send(Ask ask, String sha256Hex, BodyPublisher body)
            throws IOException {
        for (int attempt = 1; ; attempt++) {
            try {
                var answer = sendOnce(ask, sha256Hex, body);
                int status = answer.statusCode();
                if (status / 100 == 2) {
                    return answer;
                }
                boolean mayPass = status >= 500 || status == 429;
                if (!mayPass || attempt == TRIES) {
                    throw new RefusedException(
                            "the S3 server answered %d%s to the %s"
                                    .formatted(status, codeOf(answer), ask));
                }
            } catch (RefusedException e) {
                throw e;
            } catch (IOException e) {
                if (attempt == TRIES) {
                    throw new IOException(
                            "the S3 server %s did not answer the %s: %s"
                                    .formatted(endpoint.uri(), ask, e),
                            e);
                }
            }
        }
    }

    /// The server has answered, and another try would not help.
    private static final class RefusedException extends IOException {
        private static final long serialVersionUID = 1;

        RefusedException(String message) {
            super(message);
        }
    }

    private HttpResponse<byte[]> sendOnce(Ask ask, String sha256Hex, BodyPublisher body)
            throws IOException {
        String path = S3Signer.encodePath(ask.bucket(), ask.key());
        var signed = new TreeMap<>(ask.headers());
        signed.put("host", endpoint.host());
        signed.put("x-amz-date", SignatureV4.text(clock.now()));
        signed.put("x-amz-content-sha256", sha256Hex);
        var query = new TreeMap<>(ask.query());
        String authorization = signer.authorization(ask.method(), path, query, signed);
        String address = "%s://%s%s".formatted(endpoint.uri().getScheme(), endpoint.host(), path);
        if (!query.isEmpty()) {
            address += "?" + S3Signer.encodeQuery(query);
        }
        var request =
                HttpRequest.newBuilder(URI.create(address))
                        .method(ask.method(), body)
                        .header("Authorization", authorization);
        signed.remove("host"); // the HTTP client adds it
        signed.forEach(request::header);
        var answer = http.sendAsync(request.build(), BodyHandlers.ofByteArray());
        try {
            return answer.get(ANSWER_WITHIN_S, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } catch (TimeoutException e) {
            throw new IOException("nothing within %d s".formatted(ANSWER_WITHIN_S), e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
        } finally {
            answer.cancel(true);
        }
    }

    private static String codeOf(HttpResponse<byte[]> answer) {
        var code = CODE.matcher(text(answer));
        return code.find() ? " " + code.group(1) : "";
    }

    private static String text(HttpResponse<byte[]> answer) {
        return new String(answer.body(), UTF_8);
    }

    private static String shown(HttpResponse<byte[]> answer) {
        String text = text(answer);
        return text.substring(0, Math.min(SHOWN_MAX, text.length()));
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace("\"", "&quot;");
    }

    private static String unescape(String text) {
        return text.replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&quot;", "\"")
                .replace("&amp;", "&");
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
