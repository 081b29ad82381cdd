package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.RedisClusterClient;
import redis.clients.jedis.exceptions.JedisException;
import software.amazon.awssdk.services.memorydb.model.Cluster;

/// The console in a browser, used as a person uses it. Skipped where there is no Chromium. With
/// `-Dconsole.pictures=DIR` it leaves pictures of what it has seen.
class ConsoleIT {
    private static final String ROWS =
            "[...document.querySelectorAll('.nodes tbody tr')].map(row => row.innerText.split('\\t').map(text => text.trim()))";

    @TempDir Path directory;
    @TempDir Path profile;
    @TempDir Path files;

    @BeforeEach
    void expectBrowser() {
        assumeTrue(
                Browser.find().isPresent(),
                "skipped: there is no chromium, chromium-browser, google-chrome or chrome on the PATH");
    }

    private Browser browse() throws IOException, InterruptedException {
        return Browser.start(Browser.find().orElseThrow(), profile);
    }

    /// A client that counts, whatever happens. Closing it waits for its end.
    private static final class Counter implements AutoCloseable {
        private final RedisClusterClient client;
        private final AtomicLong acknowledged = new AtomicLong();
        private final Thread thread;
        private volatile boolean stopped;

        Counter(Cluster cluster) {
            var endpoint = cluster.clusterEndpoint();
            client =
                    RedisClusterClient.builder()
                            .nodes(Set.of(new HostAndPort(endpoint.address(), endpoint.port())))
                            .build();
            thread = Thread.ofVirtual().start(this::count);
        }

        private void count() {
            while (!stopped) {
                try {
                    acknowledged.set(client.incr("counter"));
                    Movement.noted();
                } catch (JedisException _) {
                    // its outcome is unknown, so the counter may be one further
                }
            }
        }

        long acknowledged() {
            return acknowledged.get();
        }

        void stop() {
            stopped = true;
            try {
                thread.join();
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        }

        long read() {
            return Long.parseLong(client.get("counter"));
        }

        @Override
        public void close() {
            stop();
            client.close();
        }
    }

    private static void awaitRole(Browser browser, String node, String role) {
        browser.awaitTrue(
                "%s.some(row => row[0] === '%s' && row[1] === '%s' && row[2] === 'yes')"
                        .formatted(ROWS, node, role));
    }

    @Test
    void aFailoverByEachButtonIsSeenWhileAClientWrites() throws Exception {
        try (var server = TestServer.start(directory);
                var browser = browse()) {
            var api = server.api();
            var cluster = api.create("demo", 1, 1, server.endpointPort(), Map.of());
            browser.show(1_100, 900, false);
            browser.open(server.endpoint()); // which leads to the console
            awaitRole(browser, "0001-001", "primary");
            awaitRole(browser, "0001-002", "replica");
            browser.awaitTrue("document.querySelector('.facts').innerText.includes('127.0.0.1')");
            try (var counter = new Counter(cluster)) {
                await("it counts", () -> counter.acknowledged() > 100);
                browser.awaitTrue(
                        "parseFloat(document.querySelector('.figures dd').innerText.replaceAll(',', '')) > 0");
                failOver(browser, counter, "crash", "0001-001", "0001-002");
                failOver(browser, counter, "silent", "0001-002", "0001-001");
                failOver(browser, counter, "handover", "0001-001", "0001-002");
                counter.stop();
                assertThat(counter.read()).isGreaterThanOrEqualTo(counter.acknowledged());
            }
            // The tag that named the modes is gone again.
            assertThat(
                            api.client()
                                    .listTags(request -> request.resourceArn(cluster.arn()))
                                    .tagList())
                    .isEmpty();
            assertThat(browser.problems()).isEmpty();
            takePictures(browser);
        }
    }

    private static void failOver(
            Browser browser, Counter counter, String mode, String from, String to) {
        String button = "button[data-mode=%s]".formatted(mode);
        String mayClick =
                "!document.querySelector('%s').hasAttribute('aria-disabled')".formatted(button);
        browser.awaitTrue(mayClick);
        browser.click(button);
        awaitRole(browser, to, "primary");
        awaitRole(browser, from, "replica");
        long before = counter.acknowledged();
        await("it counts on", () -> counter.acknowledged() > before + 100);
        expectStory(browser, mode, from, to);
        browser.awaitTrue(mayClick);
    }

    private static void expectStory(Browser browser, String mode, String from, String to) {
        browser.awaitTrue(
                "/^Newest: [\\d:.]+ +shard 0001 +[\\d.,]+ m?s +%s \u2192 %s$/.test(document.querySelector('#outage option')?.textContent)"
                        .formatted(from, to));
        browser.awaitTrue(
                "document.querySelector('.steps')?.innerText.includes('answers as a replica')");
        assertThat(browser.text(".steps"))
                .contains("FailoverShard API called for shard 0001")
                .contains("is over: no primary answered for")
                .containsPattern(to + "\\s+(leads|answers as the primary)");
        assertThat(browser.text(".steps").contains("falls silent"))
                .isEqualTo(mode.equals("silent"));
        assertThat(browser.text(".steps").contains("has given up the leadership"))
                .isEqualTo(mode.equals("handover"));
        assertThat(
                        browser.evaluate("document.querySelectorAll('.timeline .outage').length")
                                .intValue())
                .isEqualTo(1);
        browser.awaitTrue(
                "document.querySelector('[aria-labelledby=events-title]').innerText.includes('Finished recovery for nodes demo-%s')"
                        .formatted(from));
    }

    private static void takePictures(Browser browser) throws IOException {
        browser.evaluate("scrollTo(0, 0)");
        for (boolean isDark : new boolean[] {false, true}) {
            for (int width : new int[] {1_100, 400}) {
                browser.show(width, 900, isDark);
                String theme = isDark ? "dark" : "light";
                String asked = isDark ? "rgb(18, 20, 26)" : "rgb(245, 246, 249)";
                browser.awaitTrue(
                        "getComputedStyle(document.body).backgroundColor === '%s'"
                                .formatted(asked));
                // Nothing is wider than the window.
                browser.awaitTrue("document.documentElement.scrollWidth <= innerWidth");
                String pictures = System.getProperty("console.pictures");
                if (pictures != null) {
                    browser.awaitTrue("new Promise(done => setTimeout(() => done(true), 1500))");
                    browser.picture(Path.of(pictures, "%s-%d.png".formatted(theme, width)));
                }
            }
        }
    }

    @Test
    void withCredentialsThePageAsksForAKeyAndSigns() throws Exception {
        var credentials =
                Files.writeString(
                        files.resolve("credentials"),
                        """
                        [default]
                        aws_access_key_id = console
                        aws_secret_access_key = a-secret/with+signs
                        """);
        try (var server =
                        ServerProcess.launch(
                                directory,
                                FreePorts.next(20),
                                "--credentials",
                                credentials.toString());
                var browser = browse()) {
            var endpoint = server.awaitReady();
            browser.open(endpoint.resolve("/_keepsake/"));
            browser.awaitTrue("document.querySelector('#key')?.open");
            useKey(browser, "console", "a wrong secret");
            browser.awaitTrue(
                    "document.querySelector('#key-problem')?.innerText.includes('does not match')");
            assertThat(browser.text("#live-text")).isEqualTo("needs a key");
            useKey(browser, "console", "a-secret/with+signs");
            browser.awaitTrue(
                    "document.querySelector('#live-text').innerText.startsWith('live, ')");
            assertThat(browser.text("main h1")).isEqualTo("No cluster yet");
            // Calls of the API are signed, too.
            browser.click("#pages a[href='#/access']");
            browser.awaitTrue("document.querySelector('main').innerText.includes('open-access')");
            assertThat(browser.evaluate("localStorage.length + document.cookie.length").intValue())
                    .isZero();
            assertThat(browser.problems()).allMatch(each -> each.contains("status of 403"));
        }
    }

    private static void useKey(Browser browser, String id, String secret) {
        browser.type("#key-id", id);
        browser.type("#key-secret", secret);
        browser.click("#key-form button");
    }

    @Test
    void allOfItCanBeReachedByTheKeyboard() throws Exception {
        try (var server = TestServer.start(directory);
                var browser = browse()) {
            server.api().create("demo", 1, 1, server.endpointPort(), Map.of());
            browser.open(server.endpoint().resolve("/_keepsake/"));
            awaitRole(browser, "0001-001", "primary");
            browser.awaitTrue(
                    "!document.querySelector('button[data-mode=crash]').hasAttribute('aria-disabled')");
            var reached = new StringBuilder();
            for (int i = 0; i < 30; i++) {
                browser.press("Tab", 9);
                reached.append(
                                browser.evaluate(
                                                "document.activeElement.innerText || document.activeElement.id")
                                        .asString())
                        .append('\n');
            }
            assertThat(reached.toString())
                    .containsSubsequence(
                            "Skip to the content",
                            "Clusters",
                            "Events",
                            "Access",
                            "Snapshots",
                            "Theme: auto",
                            "demo",
                            "Shard 0001",
                            "Crash",
                            "Silence",
                            "Hand over");
            // Everything that can be used has a name.
            assertThat(
                            browser.evaluate(
                                            "[...document.querySelectorAll('button, select, input, a, [role=img]')].filter(each => !(each.innerText || each.labels?.length || each.getAttribute('aria-label'))).map(each => each.outerHTML).join()")
                                    .asString())
                    .isEmpty();
        }
    }
}
