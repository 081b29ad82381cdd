package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.resp.RespWriter;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.memorydb.model.Node;

/// Values that are damaged, with a right checksum: an engine that took one would end when it is
/// read, and with it every later snapshot.
@Timeout(120)
class HostilePayloadsIT {
    private static final String REFUSED = "-ERR Bad data format";
    private static final long POLYNOMIAL = 0x95AC9329AC4BC9B5L;

    // Two entries are claimed; the second one is longer than the whole list.
    private static final String LIBRARY =
            HexFormat.of()
                    .formatHex(
                            "#!lua name=l\nredis.register_function('f', tostring)"
                                    .getBytes(US_ASCII));
    private static final String LISTPACK = "0d000000" + "0200" + "82616203" + "f0ff" + "ff";
    private static final String ZIPLIST = "0d000000" + "0a000000" + "0200" + "00fe" + "ff";
    private static final String INTSET = "02000000" + "ff000000" + "0100";

    @TempDir private static Path directory;
    private static TestServer server;
    private static Node primary;

    @BeforeAll
    static void start() throws Exception {
        server = TestServer.start(directory);
        primary =
                server.api()
                        .create("demo", 1, 1, 0, server.endpointPort())
                        .shards()
                        .getFirst()
                        .nodes()
                        .getFirst();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    /// By type, as RDB 10 has them: the number of the type, then the value.
    private static Map<String, String> damaged() {
        var all = new LinkedHashMap<String, String>();
        all.put("hash in a listpack", "10" + string(LISTPACK));
        all.put("sorted set in a listpack", "11" + string(LISTPACK));
        all.put("list of listpacks", "12" + "01" + "02" + string(LISTPACK));
        all.put("set of integers", "0b" + string(INTSET));
        all.put("hash in a ziplist", "0d" + string(ZIPLIST));
        all.put("sorted set in a ziplist", "0c" + string(ZIPLIST));
        all.put("list in a ziplist", "0a" + string(ZIPLIST));
        all.put("list of ziplists", "0e" + "01" + string(ZIPLIST));
        all.put("stream", "13" + "01" + string("00".repeat(16)) + string(LISTPACK));
        all.put("hash with a field twice", "04" + "02" + "0161016201610163");
        all.put("unknown type", "7e" + "00");
        return all;
    }

    private static String string(String hex) {
        return "%02x".formatted(hex.length() / 2) + hex;
    }

    /// With the version and the checksum that DUMP puts behind it.
    private static byte[] payload(String hex) {
        var body = HexFormat.of().parseHex(hex + "0a00");
        var whole = Arrays.copyOf(body, body.length + Long.BYTES);
        long crc = 0;
        for (byte each : body) {
            crc ^= each & 0xff;
            for (int bit = 0; bit < Byte.SIZE; bit++) {
                crc = (crc & 1) == 0 ? crc >>> 1 : (crc >>> 1) ^ POLYNOMIAL;
            }
        }
        for (int i = 0; i < Long.BYTES; i++) {
            whole[body.length + i] = (byte) (crc >>> (Byte.SIZE * i));
        }
        return whole;
    }

    private static String ask(Wire wire, Object... command) throws IOException {
        var arguments = new byte[command.length][];
        for (int i = 0; i < command.length; i++) {
            arguments[i] =
                    command[i] instanceof byte[] bytes
                            ? bytes
                            : command[i].toString().getBytes(US_ASCII);
        }
        var out = Unpooled.buffer();
        RespWriter.command(out, arguments);
        wire.sendRaw(out);
        return wire.read();
    }

    @Test
    void aDamagedValueOfAnyTypeIsRefusedAndNobodyIsHarmed() throws Exception {
        try (var bystander = Bystander.of(server.api(), "victim");
                var wire = Wire.to(primary)) {
            var messages = server.api().messages();
            // What is right is taken: a string, and a hash in a listpack.
            assertThat(ask(wire, "RESTORE", "good", 0, payload("000161"))).isEqualTo("OK");
            assertThat(ask(wire, "GET", "good")).isEqualTo("a");
            for (Map.Entry<String, String> each : damaged().entrySet()) {
                var bytes = payload(each.getValue());
                assertThat(ask(wire, "RESTORE", "bad", 0, bytes))
                        .as(each.getKey())
                        .startsWith(REFUSED);
                assertThat(ask(wire, "RESTORE", "bad", 0, bytes, "REPLACE", "IDLETIME", 5))
                        .as(each.getKey())
                        .startsWith(REFUSED);
                assertThat(
                                ask(
                                        wire,
                                        "EVAL",
                                        "return redis.call('RESTORE', KEYS[1], 0, ARGV[1])",
                                        1,
                                        "bad",
                                        bytes))
                        .as(each.getKey())
                        .contains("Bad data format");
                assertThat(ask(wire, "MULTI")).isEqualTo("OK");
                assertThat(ask(wire, "RESTORE", "bad", 0, bytes)).isEqualTo("QUEUED");
                assertThat(ask(wire, "EXEC")).as(each.getKey()).contains("Bad data format");
                assertThat(ask(wire, "EXISTS", "bad")).isEqualTo("0");
            }
            assertThat(ask(wire, "GET", "good")).isEqualTo("a");
            assertThat(server.api().messages()).isEqualTo(messages);
            bystander.assertNoticedNothing();
        }
        var client = server.api().client();
        client.createSnapshot(request -> request.clusterName("demo").snapshotName("after"));
        server.api().awaitSnapshot("after", "available");
    }

    @Test
    void aDamagedLibraryOfFunctionsIsRefused() throws Exception {
        try (var wire = Wire.to(primary)) {
            for (var hex :
                    List.of(
                            "f5" + string("deadbeef"),
                            "f5" + "ff", // longer than all that there is
                            "f6" + "0161",
                            "10" + string(LISTPACK))) {
                assertThat(ask(wire, "FUNCTION", "RESTORE", payload(hex)))
                        .as(hex)
                        .startsWith("-ERR ");
            }
            var torn = payload("f5" + string(LIBRARY));
            torn[3] ^= 1;
            assertThat(ask(wire, "FUNCTION", "RESTORE", torn))
                    .isEqualTo("-ERR DUMP payload version or checksum are wrong");
            assertThat(ask(wire, "FUNCTION", "LIST")).isEqualTo("[]");
        }
        await("it serves", HostilePayloadsIT::serves);
    }

    private static boolean serves() {
        try (var wire = Wire.to(primary)) {
            return wire.ask("PING").equals("PONG");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
