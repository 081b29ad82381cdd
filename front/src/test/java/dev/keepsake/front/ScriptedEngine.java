package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keepsake.resp.CommandFramer;
import dev.keepsake.resp.ProtocolException;
import dev.keepsake.resp.ProtocolLimits;
import dev.keepsake.resp.RespWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;

/// An engine that stores nothing, and has an answer for every command: mostly `OK`. Its offset
/// grows with each `SET`, so a test decides what is durable.
final class ScriptedEngine implements AutoCloseable {
    private static final ProtocolLimits LIMITS = new ProtocolLimits(64 << 10, 1 << 20, 64 << 20);

    private final Path directory = Files.createTempDirectory("engine");
    private final Path socket = directory.resolve("socket");
    private final ServerSocketChannel listener;
    private final AtomicLong offset = new AtomicLong();
    private final Map<String, UnaryOperator<String>> answers = new ConcurrentHashMap<>();
    private final List<String> asked = new CopyOnWriteArrayList<>();

    ScriptedEngine() throws IOException {
        this.listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        listener.bind(UnixDomainSocketAddress.of(socket));
        Thread.ofVirtual().start(this::accept);
    }

    Path socket() {
        return socket;
    }

    /// The end of its replication stream.
    long offset() {
        return offset.get();
    }

    /// Sets the answer to a command, from now on.
    ///
    /// @param command its first word or its first two, in lower case
    /// @param reply makes the answer, in RESP, from the command, with blanks between its words
    void on(String command, UnaryOperator<String> reply) {
        answers.put(command, reply);
    }

    /// The same with one reply for all.
    void on(String command, String reply) {
        on(command, line -> reply);
    }

    /// Removes the answers that were set, and the commands that were noted.
    void forget() {
        answers.clear();
        asked.clear();
    }

    /// The commands with this beginning that it has got, except barriers.
    List<String> asked(String beginning) {
        return asked.stream().filter(line -> line.startsWith(beginning)).toList();
    }

    private void accept() {
        try {
            while (true) {
                var lane = listener.accept();
                Thread.ofVirtual().start(() -> serve(lane));
            }
        } catch (IOException _) {
            // closed
        }
    }

    private void serve(SocketChannel lane) {
        var framer = new CommandFramer(LIMITS);
        var in = Unpooled.buffer();
        var chunk = ByteBuffer.allocate(64 << 10);
        try (lane) {
            while (lane.read(chunk) >= 0) {
                in.writeBytes(chunk.flip());
                chunk.clear();
                var out = Unpooled.buffer();
                while (framer.parse(in) == CommandFramer.Parsed.COMMAND) {
                    answer(words(framer, in), out);
                    in.skipBytes(framer.lengthBytes());
                }
                in.discardReadBytes();
                var bytes = out.nioBuffer();
                while (bytes.hasRemaining()) {
                    lane.write(bytes);
                }
            }
        } catch (IOException | ProtocolException _) {
            // closed
        }
    }

    private static List<String> words(CommandFramer framer, ByteBuf in) {
        var frame = framer.frame();
        var words = new ArrayList<String>();
        for (int i = 0; i < frame.argumentCount(); i++) {
            int start = in.readerIndex() + frame.start(i);
            words.add(in.toString(start, frame.length(i), UTF_8));
        }
        return words;
    }

    private void answer(List<String> words, ByteBuf out) {
        String name = words.getFirst().toLowerCase(Locale.ROOT);
        String second = words.size() > 1 ? words.get(1).toLowerCase(Locale.ROOT) : "";
        if (!name.equals("role")) {
            asked.add(String.join(" ", words));
        }
        var changed = answers.getOrDefault(name + " " + second, answers.get(name));
        if (changed != null) {
            out.writeCharSequence(changed.apply(String.join(" ", words)), UTF_8);
            return;
        }
        switch (name) {
            case "set" -> {
                offset.incrementAndGet();
                RespWriter.simpleString(out, "OK");
            }
            case "role" ->
                    out.writeCharSequence(
                            "*3\r\n$6\r\nmaster\r\n:%d\r\n*0\r\n".formatted(offset.get()),
                            US_ASCII);
            case "ping" -> RespWriter.simpleString(out, "PONG");
            case "reset" -> RespWriter.simpleString(out, "RESET");
            case "hello" -> RespWriter.array(out, 0);
            case "time" -> out.writeCharSequence("*2\r\n$1\r\n1\r\n$1\r\n0\r\n", US_ASCII);
            case "scan" -> out.writeCharSequence("*2\r\n$1\r\n0\r\n*0\r\n", US_ASCII);
            case "exec", "discard" ->
                    RespWriter.error(out, "ERR %s without MULTI".formatted(words.getFirst()));
            case "subscribe", "psubscribe", "ssubscribe", "unsubscribe", "punsubscribe" ->
                    confirm(name, words, out);
            case "sunsubscribe" -> confirm(name, words, out);
            case "client" -> answerOfClient(second, out);
            case "acl" -> {
                if (second.equals("log") && !words.getLast().equalsIgnoreCase("reset")) {
                    RespWriter.array(out, 0);
                } else {
                    RespWriter.simpleString(out, "OK");
                }
            }
            default -> RespWriter.simpleString(out, "OK");
        }
    }

    private static void answerOfClient(String subcommand, ByteBuf out) {
        switch (subcommand) {
            case "id" -> RespWriter.integer(out, 7);
            case "unblock" -> RespWriter.integer(out, 0);
            default -> RespWriter.simpleString(out, "OK");
        }
    }

    private static void confirm(String name, List<String> words, ByteBuf out) {
        for (int i = 1; i < Math.max(2, words.size()); i++) {
            RespWriter.array(out, 3);
            RespWriter.bulk(out, name);
            if (i < words.size()) {
                RespWriter.bulk(out, words.get(i));
            } else {
                RespWriter.nullBulk(out, 2);
            }
            RespWriter.integer(out, name.contains("un") ? 0 : i);
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        Files.deleteIfExists(socket);
        Files.delete(directory);
    }
}
