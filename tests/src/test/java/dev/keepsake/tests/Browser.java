package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static dev.keepsake.tests.Waiting.resultOf;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A Chromium without a window, with one page, controlled by its DevTools protocol.
final class Browser implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final List<String> NAMES =
            List.of("chromium", "chromium-browser", "google-chrome", "chrome");

    private final Process process;
    private final HttpClient http = HttpClient.newHttpClient();
    private final WebSocket socket;
    private final AtomicInteger calls = new AtomicInteger();
    private final Map<Integer, CompletableFuture<JsonNode>> open = new ConcurrentHashMap<>();
    private final List<String> problems = new ArrayList<>(); // guarded by itself

    private Browser(Process process, int port) throws IOException, InterruptedException {
        this.process = process;
        var request =
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:%d/json".formatted(port)));
        var pages = JSON.readTree(http.send(request.build(), BodyHandlers.ofString()).body());
        String address = null;
        for (var page : pages) {
            if (page.path("type").asString().equals("page")) {
                address = page.path("webSocketDebuggerUrl").asString();
            }
        }
        if (address == null) {
            throw new IOException("the browser has no page: " + pages);
        }
        this.socket =
                http.newWebSocketBuilder().buildAsync(URI.create(address), new Messages()).join();
        call("Page.enable", Map.of());
        call("Runtime.enable", Map.of());
        call("Log.enable", Map.of());
    }

    /// The program on the PATH, if there is one.
    static Optional<Path> find() {
        var path = System.getenv().getOrDefault("PATH", "");
        return Arrays.stream(path.split(File.pathSeparator, -1))
                .flatMap(directory -> NAMES.stream().map(name -> Path.of(directory, name)))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /// @param profile a directory of its own
    static Browser start(Path program, Path profile) throws IOException, InterruptedException {
        var command =
                new ProcessBuilder(
                                program.toString(),
                                "--headless=new",
                                "--no-sandbox",
                                "--disable-gpu",
                                "--disable-dev-shm-usage",
                                "--disable-background-networking",
                                "--disable-component-update",
                                "--disable-extensions",
                                "--disable-sync",
                                "--disable-breakpad",
                                "--disable-crash-reporter",
                                "--no-first-run",
                                "--no-default-browser-check",
                                "--password-store=basic",
                                "--hide-scrollbars",
                                "--remote-debugging-port=0",
                                "--user-data-dir=" + profile,
                                "about:blank")
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD);
        // Nothing is left in the directory of whoever runs the test.
        command.environment().put("XDG_CONFIG_HOME", profile.toString());
        command.environment().put("XDG_CACHE_HOME", profile.toString());
        var process = command.start();
        try {
            var file = profile.resolve("DevToolsActivePort");
            await("the browser listens", () -> Files.exists(file) && lines(file).size() >= 2);
            return new Browser(process, Integer.parseInt(lines(file).getFirst()));
        } catch (IOException | RuntimeException | Error e) {
            end(process);
            throw e;
        }
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /// Takes the answers and events of the browser, on a thread of the HTTP client.
    private final class Messages implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket webSocket, CharSequence part, boolean last) {
            text.append(part);
            if (last) {
                take(JSON.readTree(text.toString()));
                text.setLength(0);
            }
            webSocket.request(1);
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public void onError(WebSocket webSocket, Throwable error) {
            open.values().forEach(each -> each.completeExceptionally(error));
        }
    }

    private void take(JsonNode message) {
        Movement.noted();
        var call = message.has("id") ? open.remove(message.path("id").intValue()) : null;
        if (call != null) {
            call.complete(message);
        }
        String method = message.path("method").asString("");
        if (method.equals("Runtime.exceptionThrown")
                || (method.equals("Log.entryAdded")
                        && message.at("/params/entry/level").asString().equals("error"))) {
            synchronized (problems) {
                problems.add(message.path("params").toString());
            }
        }
    }

    private JsonNode call(String method, Map<String, Object> parameters) {
        int id = calls.incrementAndGet();
        var answer = new CompletableFuture<JsonNode>();
        open.put(id, answer);
        socket.sendText(
                        JSON.writeValueAsString(
                                Map.of("id", id, "method", method, "params", parameters)),
                        true)
                .join();
        try {
            var message = resultOf(method, answer);
            if (message.has("error")) {
                throw new AssertionError(method + ": " + message.path("error"));
            }
            return message.path("result");
        } catch (ExecutionException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /// What the page, or the browser about the page, has complained of.
    List<String> problems() {
        synchronized (problems) {
            return List.copyOf(problems);
        }
    }

    void open(URI address) {
        call("Page.navigate", Map.of("url", address.toString()));
    }

    /// The value of an expression in the page.
    JsonNode evaluate(String expression) {
        var result =
                call(
                        "Runtime.evaluate",
                        Map.of(
                                "expression",
                                expression,
                                "returnByValue",
                                true,
                                "awaitPromise",
                                true));
        if (result.has("exceptionDetails")) {
            throw new AssertionError(expression + ": " + result.path("exceptionDetails"));
        }
        return result.at("/result/value");
    }

    /// Waits until an expression in the page is true.
    void awaitTrue(String expression) {
        await(expression, () -> evaluate("Boolean(%s)".formatted(expression)).booleanValue());
    }

    /// The text of an element, or nothing when there is none.
    String text(String selector) {
        return evaluate(
                        "(document.querySelector(%s)?.innerText ?? '').trim()"
                                .formatted(JSON.writeValueAsString(selector)))
                .asString();
    }

    /// Clicks into the middle of an element, as a person does: what covers it gets the click.
    void click(String selector) {
        String element = "document.querySelector(%s)".formatted(JSON.writeValueAsString(selector));
        awaitTrue(element);
        evaluate(element + ".scrollIntoView({block: 'center'})");
        var box =
                evaluate(
                        "(({x, y, width, height}) => ({x: x + width / 2, y: y + height / 2}))(%s.getBoundingClientRect())"
                                .formatted(element));
        for (String type : List.of("mousePressed", "mouseReleased")) {
            call(
                    "Input.dispatchMouseEvent",
                    Map.of(
                            "type",
                            type,
                            "x",
                            box.path("x").doubleValue(),
                            "y",
                            box.path("y").doubleValue(),
                            "button",
                            "left",
                            "clickCount",
                            1));
        }
    }

    /// Presses a key, such as `Tab`.
    void press(String key, int code) {
        for (String type : List.of("rawKeyDown", "keyUp")) {
            call(
                    "Input.dispatchKeyEvent",
                    Map.of("type", type, "key", key, "code", key, "windowsVirtualKeyCode", code));
        }
    }

    /// Types into an element.
    void type(String selector, String text) {
        evaluate(
                "(element => { element.focus(); element.select(); })(document.querySelector(%s))"
                        .formatted(JSON.writeValueAsString(selector)));
        call("Input.insertText", Map.of("text", text));
    }

    /// Makes the page so large, in a light or a dark theme.
    void show(int width, int height, boolean isDark) {
        call(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
        call(
                "Emulation.setEmulatedMedia",
                Map.of(
                        "features",
                        List.of(
                                Map.of(
                                        "name",
                                        "prefers-color-scheme",
                                        "value",
                                        isDark ? "dark" : "light"))));
    }

    /// A picture of the page, with all that is below the window.
    void picture(Path file) throws IOException {
        var shot =
                call(
                        "Page.captureScreenshot",
                        Map.of("format", "png", "captureBeyondViewport", true));
        Files.write(file, Base64.getDecoder().decode(shot.path("data").asString().getBytes(UTF_8)));
    }

    @Override
    public void close() {
        http.shutdownNow();
        end(process);
    }

    private static void end(Process process) {
        var all = new ArrayList<>(process.descendants().toList());
        all.add(process.toHandle());
        all.forEach(ProcessHandle::destroyForcibly);
        for (var each : all) {
            each.onExit().orTimeout(60, TimeUnit.SECONDS).join();
        }
    }
}
