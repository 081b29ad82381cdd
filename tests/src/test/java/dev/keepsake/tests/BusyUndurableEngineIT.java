package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.front.FrontOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is answered while a function keeps the engine busy, though it names no offset that would
/// cover anything, and nothing is durable.
class BusyUndurableEngineIT {
    private static final String ENDLESS =
            "#!lua name=lib\nredis.register_function('endless', function() while true do end end)";

    @TempDir Path directory;
    private ServedNode node;

    @BeforeEach
    void start() throws Exception {
        node = ServedNode.start(directory, FrontOptions.standard());
        node.engine().command("CONFIG", "SET", "busy-reply-threshold", "50");
        node.engine().command("FUNCTION", "LOAD", ENDLESS);
    }

    @AfterEach
    void stop() throws Exception {
        node.close();
    }

    @Test
    void whoAsksOrCallsAnotherIsTold() throws IOException {
        try (var caller = node.connect();
                var asking = node.connect();
                var rescuer = node.connect()) {
            callEndless(caller, asking);
            assertThat(asking.ask("FUNCTION", "STATS")).contains("running_script [name endless");
            assertThat(asking.ask("EVAL", "return 1", "0")).startsWith("-BUSY Redis is busy");
            assertThat(asking.ask("FCALL", "endless", "0")).startsWith("-BUSY Redis is busy");
            rescuer.send("FUNCTION", "KILL");
            node.front().onDurable(Long.MAX_VALUE);
            assertThat(rescuer.read()).isEqualTo("OK");
            assertThat(caller.read()).contains("killed by user");
        }
    }

    private static void callEndless(Wire caller, Wire bystander) throws IOException {
        bystander.ask("HELLO", "3"); // over another lane
        caller.send("FCALL", "endless", "0");
        await("it is busy", () -> asks(bystander, "PING").startsWith("-BUSY"));
    }

    private static String asks(Wire wire, String... command) {
        try {
            return wire.ask(command);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
