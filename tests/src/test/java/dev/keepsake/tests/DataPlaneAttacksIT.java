package dev.keepsake.tests;

import static dev.keepsake.tests.Attackers.bytes;
import static dev.keepsake.tests.Attackers.isCutOff;
import static dev.keepsake.tests.Attackers.send;
import static dev.keepsake.tests.Waiting.await;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.server.PortRange;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.memorydb.model.Node;

/// Whatever is sent to the port of a node, or is not read there, harms no other cluster, and the
/// node itself serves on. The server is a process with the heap that `./keepsake` gives it, and
/// less direct memory: so attacks are over sooner.
class DataPlaneAttacksIT {
    private static final int MB = 1 << 20;

    @TempDir static Path directory;
    private static ServerProcess server;
    private static Api api;
    private static Node node;

    private final Attackers attackers = new Attackers();

    @BeforeAll
    static void start() throws Exception {
        var ports = FreePorts.next(30);
        server =
                ServerProcess.launchWithDirectMemory(
                        "512m",
                        directory,
                        ports.first(),
                        new PortRange(ports.first() + 1, ports.last() - 1),
                        "--max-value-mb",
                        "32");
        api = new Api(server.awaitReady());
        api.create("attacked", 1, 0, 0, ports.last());
        node = api.node("attacked", 0, 0);
    }

    @AfterAll
    static void stop() {
        api.close();
        server.close();
    }

    @AfterEach
    void endAttack() throws IOException {
        attackers.close();
    }

    private SocketChannel attacker() throws IOException {
        return attackers.connect(node);
    }

    private static String halfOfASet(int valueBytes) {
        return "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$" + valueBytes + "\r\n" + "x".repeat(valueBytes - 1);
    }

    private void assertServes() throws IOException {
        try (var wire = Wire.to(node)) {
            assertThat(wire.ask("SET", "k", "v")).isEqualTo("OK");
            assertThat(wire.ask("GET", "k")).isEqualTo("v");
        }
    }

    @Test
    void commandsThatAreHalfSentAreGivenUpWhenTheyTakeTooMuchMemory() throws Exception {
        var half = bytes(halfOfASet(MB - 100));
        try (var bystander = Bystander.of(api, "bystander")) {
            var unsent = new ArrayList<ByteBuffer>();
            for (int i = 0; i < 700; i++) {
                var attacker = attacker();
                unsent.add(half.duplicate());
                send(attacker, unsent.getLast());
            }
            bystander.awaitWrites(5);
            await("some are given up", () -> goOn(unsent) < unsent.size());
            assertServes();
            bystander.assertNoticedNothing();
        }
    }

    /// Sends the rest to those who are still connected, and says how many they are.
    private int goOn(List<ByteBuffer> unsent) {
        int connected = 0;
        for (int i = 0; i < unsent.size(); i++) {
            var attacker = attackers.all().get(i);
            boolean there =
                    attacker.isOpen() && send(attacker, unsent.get(i)) && !hasEnded(attacker);
            connected += there ? 1 : 0;
        }
        return connected;
    }

    private static boolean hasEnded(SocketChannel channel) {
        try {
            return channel.read(ByteBuffer.allocate(1)) < 0;
        } catch (IOException reset) {
            return true;
        }
    }

    @Test
    void clientsThatAreNotToBeEvictedAreClosedToo() throws Exception {
        try (var bystander = Bystander.of(api, "bystander")) {
            try (var wire = Wire.to(node)) {
                wire.ask("SETRANGE", "big", "" + (4 * MB - 1), "x");
            }
            var request = bytes("*2\r\n$3\r\nGET\r\n$3\r\nbig\r\n".repeat(20));
            for (int i = 0; i < 8; i++) {
                var attacker = attacker();
                send(attacker, bytes("CLIENT NO-EVICT ON\r\n"));
                send(attacker, request.duplicate());
            }
            await("some are closed", () -> attackers.any(Attackers::isCutOff));
            assertServes();
            bystander.assertNoticedNothing();
        }
    }

    @Test
    void commandsThatWaitForAPauseAreBounded() throws Exception {
        try (var bystander = Bystander.of(api, "bystander");
                var wire = Wire.to(node)) {
            assertThat(wire.ask("CLIENT", "PAUSE", "600000", "ALL")).isEqualTo("OK");
            var pings = bytes("*1\r\n$4\r\nPING\r\n".repeat(150_000));
            for (int i = 0; i < 350; i++) {
                send(attacker(), pings.duplicate());
            }
            bystander.awaitWrites(10);
            bystander.assertNoticedNothing();
        } finally {
            try (var wire = Wire.to(node)) {
                wire.send("CLIENT", "UNPAUSE");
            }
        }
    }

    @Test
    void repliesThatASubscriberDoesNotReadAreBounded() throws Exception {
        try (var bystander = Bystander.of(api, "bystander");
                var publisher = Wire.to(node)) {
            for (int i = 0; i < 20; i++) {
                send(attacker(), bytes("SUBSCRIBE news\r\n"));
            }
            await(
                    "they listen",
                    () -> ask(publisher, "PUBSUB", "NUMSUB", "news").equals("[news 20]"));
            String message = "v".repeat(4 * MB);
            for (int i = 0; i < 15 && !publisher.ask("PUBLISH", "news", message).equals("0"); i++) {
                // those who do not read are closed
            }
            await("some are closed", () -> attackers.any(Attackers::isCutOff));
            assertServes();
            bystander.assertNoticedNothing();
        }
    }

    private static String ask(Wire wire, String... command) {
        try {
            return wire.ask(command);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void namesOfChannelsAreBounded() throws Exception {
        try (var bystander = Bystander.of(api, "bystander")) {
            for (int i = 0; i < 10; i++) {
                var attacker = attacker();
                attacker.configureBlocking(true);
                String name = i + "x".repeat(8 * MB);
                send(
                        attacker,
                        bytes(
                                "*2\r\n$9\r\nSUBSCRIBE\r\n$"
                                        + name.length()
                                        + "\r\n"
                                        + name
                                        + "\r\n"));
                attacker.configureBlocking(false);
            }
            await("some are closed", () -> attackers.any(Attackers::isCutOff));
            assertServes();
            bystander.assertNoticedNothing();
        }
    }

    @Test
    void whatATransactionKeepsForTheFrontIsBounded() throws Exception {
        try (var bystander = Bystander.of(api, "bystander")) {
            var attacker = attacker();
            attacker.configureBlocking(true);
            send(attacker, bytes("MULTI\r\n"));
            var name = command("CLIENT", "SETNAME", "x".repeat(8 * MB));
            for (int i = 0; i < 40 && send(attacker, name.duplicate()); i++) {
                // it is closed before it has the whole heap
            }
            await("it is closed", () -> isCutOff(attacker));
            assertServes();
            bystander.assertNoticedNothing();
        }
    }

    private static ByteBuffer command(String... words) {
        var text = new StringBuilder("*" + words.length + "\r\n");
        for (var word : words) {
            text.append('$').append(word.length()).append("\r\n").append(word).append("\r\n");
        }
        return bytes(text.toString());
    }

    @Test
    void namesOfThoseWhoAreNotLetInAreNotKeptWhole() throws Exception {
        try (var bystander = Bystander.of(api, "bystander");
                var wire = Wire.to(node)) {
            var name = "x".repeat(4 * MB);
            for (int i = 0; i < 80; i++) {
                assertThat(wire.ask("AUTH", i + name, "wrong")).startsWith("-WRONGPASS");
            }
            assertThat(wire.ask("ACL", "LOG", "1")).contains("79xxx").hasSizeLessThan(4_000);
            assertThat(wire.ask("ACL", "LOG", "RESET")).isEqualTo("OK");
            assertServes();
            bystander.assertNoticedNothing();
        }
    }

    @Test
    void whatWaitsToBePublishedByThePrimaryIsBounded() throws Exception {
        api.create("relaying", 1, 1, 0, FreePorts.next(10).first());
        var primary = api.node("relaying", 0, 0);
        var replica = api.node("relaying", 0, 1);
        var publish = command("PUBLISH", "news", "x".repeat(8 * MB));
        try (var bystander = Bystander.of(api, "bystander");
                var runaway = Wire.to(primary)) {
            runaway.send("EVAL", "while true do end", "0");
            var answers = new ArrayList<String>();
            for (int i = 0; i < 60; i++) {
                attack(replica, publish);
            }
            await(
                    "some are refused",
                    () -> {
                        attackers.all().forEach(each -> answers.add(answerOf(each)));
                        return answers.stream()
                                .anyMatch(line ->
                                        line.startsWith("-ERR too many messages of this server"));
                    });
            try (var wire = Wire.to(primary)) {
                await("the script is over", () -> ask(wire, "SCRIPT", "KILL").startsWith("-NOT"));
            }
            try (var wire = Wire.to(replica)) {
                await("it is published again", () -> ask(wire, "PUBLISH", "n", "m").equals("0"));
            }
            bystander.assertNoticedNothing();
        }
    }

    @Test
    void whatTheEngineIsAskedForClientsIsBounded() throws Exception {
        var dryRun = command("ACL", "DRYRUN", "default", "SET", "k", "x".repeat(8 * MB));
        try (var bystander = Bystander.of(api, "bystander");
                var runaway = Wire.to(node)) {
            runaway.send("EVAL", "while true do end", "0");
            var unsent = new ArrayList<ByteBuffer>();
            for (int i = 0; i < 80; i++) {
                unsent.add(dryRun.duplicate());
                send(attacker(), unsent.getLast());
            }
            String whole = " qbuf=" + dryRun.remaining() + " ";
            try (var wire = Wire.to(node)) {
                await(
                        "some have to wait with their question",
                        () -> {
                            goOn(unsent);
                            return ask(wire, "CLIENT", "LIST").split(whole, -1).length > 3;
                        });
            }
            bystander.awaitWrites(5);
            try (var wire = Wire.to(node)) {
                await("the script is over", () -> ask(wire, "SCRIPT", "KILL").startsWith("-NOT"));
            }
            await("whoever was not closed is taken", () -> isTakenOrClosed(unsent));
            assertServes();
            bystander.assertNoticedNothing();
        }
    }

    @Test
    void scriptsOfAnyLengthHoldUpNobodyElse() throws Exception {
        var longest = script(MB);
        var tooLong = script(31 * MB);
        try (var bystander = Bystander.of(api, "bystander")) {
            for (int i = 0; i < 12; i++) {
                attackAndWait("script refused because it has", tooLong);
            }
            for (int i = 0; i < 24; i++) {
                attack(longest);
            }
            bystander.awaitWrites(5);
            awaitAnswers();
            attack(longest); // and goes away
            endAttack();
            assertServes();
            bystander.assertNoticedNothing();
        }
    }

    @Test
    void payloadsThatExpandHoldUpNobodyElse() throws Exception {
        try (var bystander = Bystander.of(api, "bystander")) {
            for (int i = 0; i < 14; i++) {
                attackAndWait("a library of 33", restore(bomb(33_000_000)));
            }
            var most = bomb(MB - 100);
            for (int i = 0; i < 8; i++) {
                attack(restore(most, most, most, most));
            }
            bystander.awaitWrites(5);
            awaitAnswers();
            assertServes();
            bystander.assertNoticedNothing();
        }
    }

    /// Tokens of a script that does not compile.
    private static ByteBuffer script(int bytes) {
        return command("EVAL", "a ".repeat(bytes / 2), "0");
    }

    private static ByteBuffer restore(String... libraries) {
        return command(
                "FUNCTION",
                "RESTORE",
                "\u00f5" + String.join("\u00f5", libraries) + "x".repeat(10));
    }

    /// So many bytes or a few less, as an RDB file has them compressed: "a a a ...".
    private static String bomb(int bytes) {
        int references = bytes / 264;
        String lzf = "\u0001a " + "\u00e0\u00ff\u0001".repeat(references);
        return "\u00c3" + length(lzf.length()) + length(2 + 264 * references) + lzf;
    }

    private static String length(int number) {
        return "\u0080" + new String(ByteBuffer.allocate(4).putInt(number).array(), ISO_8859_1);
    }

    private SocketChannel attack(ByteBuffer command) throws IOException {
        return attack(node, command);
    }

    /// Sends all of it, whatever that takes.
    private SocketChannel attack(Node node, ByteBuffer command) throws IOException {
        var attacker = attackers.connect(node);
        attacker.configureBlocking(true);
        send(attacker, command.duplicate());
        attacker.configureBlocking(false);
        return attacker;
    }

    private void attackAndWait(String error, ByteBuffer command) throws IOException {
        var attacker = attack(command);
        var answer = new StringBuilder();
        await("it is refused", () -> answer.append(answerOf(attacker)).indexOf(error) >= 0);
        assertThat(send(attacker, bytes("PING\r\n"))).isTrue();
        await("it goes on", () -> answer.append(answerOf(attacker)).indexOf("+PONG") >= 0);
        attackers.leave(attacker);
    }

    /// Waits until all attackers have been answered.
    private void awaitAnswers() {
        var waiting = new ArrayList<>(attackers.all());
        await(
                "all are answered",
                () -> {
                    waiting.removeIf(attacker -> answerOf(attacker).startsWith("-ERR"));
                    return waiting.isEmpty();
                });
    }

    private boolean isTakenOrClosed(List<ByteBuffer> unsent) {
        for (int i = 0; i < unsent.size(); i++) {
            if (send(attackers.all().get(i), unsent.get(i)) && unsent.get(i).hasRemaining()) {
                return false;
            }
        }
        return true;
    }

    private static String answerOf(SocketChannel attacker) {
        var into = ByteBuffer.allocate(200);
        try {
            return attacker.read(into) <= 0
                    ? ""
                    : new String(into.array(), 0, into.position(), ISO_8859_1);
        } catch (IOException reset) {
            return "";
        }
    }
}
