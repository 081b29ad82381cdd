package dev.keepsake.tests;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import java.util.zip.CRC32C;
import software.amazon.awssdk.services.memorydb.model.Node;

/// A client for values that no test wants to hold: they are made while they are sent, and looked at
/// while they are read.
final class LargeClient implements AutoCloseable {
    /// How many bytes a value has, and their checksum.
    record Digest(long bytes, long crc32c) {}

    private static final int TIMEOUT_MS = Waiting.REPLY_WITHIN_MS;
    private static final int BLOCK_BYTES = 1 << 20;
    private static final int LINE_MAX_BYTES = 4096;

    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;

    private LargeClient(Socket socket) throws IOException {
        this.socket = socket;
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(TIMEOUT_MS);
        this.in = new BufferedInputStream(socket.getInputStream(), BLOCK_BYTES);
        this.out = socket.getOutputStream();
    }

    static LargeClient to(Node node) throws IOException {
        return to(node.endpoint().address(), node.endpoint().port());
    }

    static LargeClient to(String host, int port) throws IOException {
        return new LargeClient(new Socket(host, port));
    }

    /// What a value of this seed is.
    static Digest digest(long seed, long bytes) {
        var crc = new CRC32C();
        for (var block = new Blocks(seed, bytes); block.next(); ) {
            crc.update(block.bytes, 0, block.length);
        }
        return new Digest(bytes, crc.getValue());
    }

    /// Begins a command of so many arguments.
    LargeClient command(int arguments) throws IOException {
        out.write("*%d\r\n".formatted(arguments).getBytes(US_ASCII));
        return this;
    }

    LargeClient argument(String text) throws IOException {
        out.write("$%d\r\n%s\r\n".formatted(text.length(), text).getBytes(US_ASCII));
        return this;
    }

    /// The value of a seed.
    LargeClient argument(long seed, long bytes) throws IOException {
        out.write("$%d\r\n".formatted(bytes).getBytes(US_ASCII));
        for (var block = new Blocks(seed, bytes); block.next(); ) {
            out.write(block.bytes, 0, block.length);
        }
        out.write("\r\n".getBytes(US_ASCII));
        return this;
    }

    void raw(String bytes) throws IOException {
        out.write(bytes.getBytes(US_ASCII));
    }

    /// Sends a small command and reads its reply, which is one line or a small value.
    String ask(String... command) throws IOException {
        command(command.length);
        for (var argument : command) {
            argument(argument);
        }
        return line();
    }

    /// The first line of the next reply.
    String line() throws IOException {
        var line = new StringBuilder();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0 || line.length() > LINE_MAX_BYTES) {
                throw new EOFException("no line ends after " + line);
            }
            line.append((char) b);
        }
        return line.substring(0, line.length() - 1);
    }

    /// The next reply, which is a value.
    Digest value() throws IOException {
        String line = line();
        if (!line.startsWith("$")) {
            throw new IOException("expected a value, got " + line);
        }
        long bytes = Long.parseLong(line.substring(1));
        var crc = new CRC32C();
        var chunk = new byte[BLOCK_BYTES];
        for (long missing = bytes; missing > 0; ) {
            int count = in.read(chunk, 0, (int) Math.min(chunk.length, missing));
            if (count < 0) {
                throw new EOFException("%d bytes of the value are missing".formatted(missing));
            }
            crc.update(chunk, 0, count);
            missing -= count;
        }
        var end = new byte[2];
        new DataInputStream(in).readFully(end);
        return new Digest(bytes, crc.getValue());
    }

    Digest get(String key) throws IOException {
        command(2).argument("GET").argument(key);
        return value();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    /// A value, a block at a time: noise, and in each block its number, so that no two are the
    /// same.
    private static final class Blocks {
        private final byte[] bytes = new byte[BLOCK_BYTES];
        private final long seed;
        private long missing;
        private long number;
        private int length;

        Blocks(long seed, long bytes) {
            this.seed = seed;
            this.missing = bytes;
            new SplittableRandom(seed).nextBytes(this.bytes);
        }

        boolean next() {
            length = (int) Math.min(bytes.length, missing);
            missing -= length;
            ByteBuffer.wrap(bytes).putLong(0, seed).putLong(8, number++);
            return length > 0;
        }
    }
}
