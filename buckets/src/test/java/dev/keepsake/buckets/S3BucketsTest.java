package dev.keepsake.buckets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.keepsake.core.Clock;
import dev.keepsake.core.Secret;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class S3BucketsTest {
    private static final int PART_BYTES = 1_000;
    private static final String KEY = "a folder/ä+b=c&d~e*.rdb";
    private static final Clock CLOCK =
            new Clock() {
                @Override
                public long nowNs() {
                    return 0;
                }

                @Override
                public Instant now() {
                    return Instant.parse("2021-08-22T12:00:00Z");
                }
            };

    private final S3StandIn s3 = new S3StandIn();
    private final S3Buckets buckets = new S3Buckets(s3.endpoint(), CLOCK, PART_BYTES);
    @TempDir private Path directory;

    @BeforeEach
    void createBucket() {
        s3.createBucket("bucket");
    }

    @AfterEach
    void close() {
        buckets.close();
        s3.close();
    }

    @ParameterizedTest
    @CsvSource({"0, 1", "1, 1", "1000, 1", "1001, 4", "2500, 5", "3000, 5"})
    void aFileGoesUpInAsManyRequestsAsItNeedsAndComesDownTheSame(int bytes, int requests)
            throws IOException {
        var file = file(bytes);
        buckets.put("bucket", KEY, file);
        assertThat(s3.requests()).hasSize(requests);
        assertThat(s3.objects("bucket").get(KEY)).isEqualTo(Files.readAllBytes(file));
        assertThat(s3.openUploads()).isZero();
        var back = directory.resolve("new").resolve("back");
        buckets.get("bucket", KEY, back, filling());
        assertThat(back).hasSameBinaryContentAs(file);
    }

    @Test
    void aWrongKeyIsRefusedAndNotShown() throws IOException {
        var wrong = s3.endpoint(new Secret("not the secret"));
        try (var others = new S3Buckets(wrong, CLOCK)) {
            var file = file(10);
            assertThatExceptionOfType(IOException.class)
                    .isThrownBy(() -> others.put("bucket", KEY, file))
                    .withMessage(
                            "the S3 server answered 403 SignatureDoesNotMatch to the PUT of bucket/"
                                    + KEY);
        }
        assertThat(wrong.toString()).doesNotContain("not the secret");
        assertThat(s3.objects("bucket")).isEmpty();
    }

    @Test
    void whatIsNotThereIsNamed() throws IOException {
        var file = file(10);
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> buckets.put("none", KEY, file))
                .withMessageContaining("404 NoSuchBucket")
                .withMessageContaining("none/" + KEY);
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(
                        () -> buckets.get("bucket", "none", directory.resolve("back"), filling()))
                .withMessageContaining("404 to the HEAD of bucket/none");
    }

    @Test
    void aRequestThatFailsForAMomentIsTriedAgain() throws IOException {
        var file = file(2_500);
        s3.failNext(2);
        buckets.put("bucket", KEY, file);
        assertThat(s3.objects("bucket").get(KEY)).isEqualTo(Files.readAllBytes(file));
        s3.failNext(2);
        var back = directory.resolve("back");
        buckets.get("bucket", KEY, back, filling());
        assertThat(back).hasSameBinaryContentAs(file);
    }

    @Test
    void anObjectThatIsLargerThanTheNodesIsNotFetched() throws IOException {
        buckets.put("bucket", KEY, file(2_500));
        var back = directory.resolve("back");
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() ->
                        buckets.get(
                                "bucket",
                                KEY,
                                back,
                                new Filling(2_499, directory -> Long.MAX_VALUE)))
                .withMessageContaining("Object bucket/" + KEY + " has 2500 bytes")
                .withMessageContaining("2499");
        assertThat(back).doesNotExist();
    }

    private static Filling filling() {
        return new Filling(1 << 20, directory -> Long.MAX_VALUE);
    }

    @Test
    void oneThatGoesOnFailingIsGivenUpAndNoHalfUploadStays() throws IOException {
        var file = file(2_500);
        s3.failNext(3);
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> buckets.put("bucket", KEY, file))
                .withMessageContaining("503 SlowDown");
        assertThat(s3.objects("bucket")).isEmpty();
        assertThat(s3.openUploads()).isZero();
    }

    @Test
    void anUploadWhoseFileVanishesIsTakenBack() throws IOException {
        var file = file(2_500);
        s3.whenUploading(() -> {
            try {
                Files.write(file, new byte[0]); // what was promised cannot be sent any more
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> buckets.put("bucket", KEY, file));
        assertThat(s3.objects("bucket")).isEmpty();
        assertThat(s3.openUploads()).isZero();
    }

    @Test
    void aServerThatIsNotThereIsNamed() throws IOException {
        var file = file(10);
        s3.close();
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> buckets.put("bucket", "key", file))
                .withMessageContaining(s3.endpoint().uri().toString())
                .withMessageContaining("PUT of bucket/key");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ftp://host",
                "host:9000",
                "http:///bucket",
                "http://host/bucket",
                "http://host?a=b"
            })
    void whatIsNoEndpointIsRefused(String uri) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new S3Endpoint(URI.create(uri), "r", "k", new Secret("s")))
                .withMessageContaining("expected one such as http://127.0.0.1:9000");
    }

    /// AWS's own examples of signatures for S3.
    @ParameterizedTest
    @CsvSource({
        "GET, /test.txt, '', range=bytes=0-9, "
                + "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        "PUT, /test%24file.text, '', 'date=Fri, 24 May 2013 00:00:00 GMT', "
                + "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        "GET, /, lifecycle=, '', "
                + "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        "GET, /, max-keys=2&prefix=J, '', "
                + "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
    })
    void signaturesAreThoseOfAwsExamples(
            String method, String path, String queryText, String header, String signature) {
        var signer =
                new S3Signer(
                        "us-east-1",
                        "AKIAIOSFODNN7EXAMPLE",
                        new Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"));
        var query = new TreeMap<String, String>();
        for (String pair : queryText.isEmpty() ? new String[0] : queryText.split("&", -1)) {
            query.put(pair.split("=", 2)[0], pair.split("=", 2)[1]);
        }
        var headers = new TreeMap<String, String>();
        headers.put("host", "examplebucket.s3.amazonaws.com");
        headers.put("x-amz-date", "20130524T000000Z");
        headers.put(
                "x-amz-content-sha256",
                method.equals("PUT")
                        ? "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"
                        : "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        if (method.equals("PUT")) {
            headers.put("x-amz-storage-class", "REDUCED_REDUNDANCY");
        }
        if (!header.isEmpty()) {
            headers.put(header.split("=", 2)[0], header.split("=", 2)[1]);
        }
        assertThat(signer.authorization(method, path, query, headers))
                .endsWith("Signature=" + signature);
    }

    private Path file(int bytes) throws IOException {
        var content = new byte[bytes];
        new Random(bytes).nextBytes(content);
        return Files.write(directory.resolve("file"), content);
    }
}
