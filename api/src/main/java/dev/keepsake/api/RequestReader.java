package dev.keepsake.api;

import static java.util.Objects.requireNonNull;

import dev.keepsake.control.ApiException;
import dev.keepsake.control.Fault;
import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Parses the bytes of one connection into requests, one after the other. Owned by the connection's
/// event loop.
///
/// States: *head* (until an empty line), then *body* (a known number of bytes) or *size*, *chunk*,
/// *chunk end* and *trailer* (chunks, until an empty one), then *end*. The reader stops after the
/// head, so that the caller decides whether the body is kept or skipped, and at the end, so that
/// the caller takes the body. After an error no further bytes can be understood.
///
/// Its memory is bounded: 16 KiB for a head, the caller's bound for a body; a skipped body needs
/// none.
final class RequestReader {
    static final int HEAD_MAX_BYTES = 16 << 10;

    private static final int FIRST_BYTES = 512;
    private static final int LINE_MAX_BYTES = 256;
    private static final int TRAILER_MAX_BYTES = 4 << 10;
    private static final int SIZE_MAX_DIGITS = 8;

    /// The result of reading.
    enum Found {
        /// All bytes were read, and more are needed.
        TOO_LITTLE,
        /// A head; see [#head()]. The body is skipped unless [#keepBody] is called now.
        HEAD,
        /// The end of a request; see [#takeBody()].
        END
    }

    private enum State {
        HEAD,
        BODY,
        SIZE,
        CHUNK,
        CHUNK_END,
        TRAILER,
        END
    }

    private State state = State.HEAD;
    private byte[] held = new byte[0];
    private int heldUsed;
    private @Nullable HttpHead head;
    private int keepMax = -1; // -1: skip the body
    private long left; // bytes of the body or of the chunk
    private final StringBuilder line = new StringBuilder(); // a line between chunks
    private int trailerBytes;

    /// Reads on until there is a result.
    ///
    /// @throws ApiException when the bytes are not a request, or exceed a bound
    Found read(ByteBuf in) {
        if (state == State.END) {
            state = State.HEAD;
        }
        while (in.isReadable() || isAtEndOfBody()) {
            switch (state) {
                case HEAD -> {
                    if (readHead(in)) {
                        return Found.HEAD;
                    }
                }
                case BODY -> {
                    readData(in);
                    if (left == 0) {
                        return end();
                    }
                }
                case SIZE -> readSize(in);
                case CHUNK -> {
                    readData(in);
                    if (left == 0) {
                        state = State.CHUNK_END;
                    }
                }
                case CHUNK_END -> {
                    if (readLine(in)) {
                        if (!line.isEmpty()) {
                            throw HttpHead.malformed("a chunk is longer than it says");
                        }
                        state = State.SIZE;
                    }
                }
                case TRAILER -> {
                    if (readLine(in)) {
                        trailerBytes += line.length() + 2;
                        if (trailerBytes > TRAILER_MAX_BYTES) {
                            throw HttpHead.malformed("what follows the chunks is too long");
                        }
                        if (line.isEmpty()) {
                            return end();
                        }
                        line.setLength(0);
                    }
                }
                case END -> throw new IllegalStateException("read on after the end");
            }
        }
        return Found.TOO_LITTLE;
    }

    private boolean isAtEndOfBody() {
        return state == State.BODY && left == 0;
    }

    private Found end() {
        state = State.END;
        return Found.END;
    }

    private boolean readHead(ByteBuf in) {
        while (in.isReadable()) {
            byte b = in.readByte();
            if (heldUsed == 0 && (b == '\r' || b == '\n')) {
                continue; // empty lines before a request are allowed
            }
            if (b < ' ' && b >= 0 && b != '\r' && b != '\n' && b != '\t') {
                throw HttpHead.malformed("it has a control character, as TLS has");
            }
            if (b == '\n' && held[heldUsed - 1] != '\r') {
                throw HttpHead.malformed("a line ends without a carriage return");
            }
            if (heldUsed == HEAD_MAX_BYTES) {
                throw HttpHead.malformed(
                        "its head is larger than %d bytes".formatted(HEAD_MAX_BYTES));
            }
            hold(b);
            if (b == '\n' && heldUsed >= 4 && held[heldUsed - 3] == '\n') {
                var found = HttpHead.parse(held, heldUsed);
                letGo();
                head = found;
                keepMax = -1;
                trailerBytes = 0;
                line.setLength(0);
                left = Math.max(0, found.bodyBytes());
                state = found.bodyBytes() == HttpHead.CHUNKED ? State.SIZE : State.BODY;
                return true;
            }
        }
        return false;
    }

    private void readData(ByteBuf in) {
        int now = (int) Math.min(left, in.readableBytes());
        left -= now;
        if (keepMax < 0) {
            in.skipBytes(now);
            return;
        }
        if ((long) heldUsed + now > keepMax) {
            throw Fault.REQUEST_TOO_LARGE.because("The request is larger than %d bytes.", keepMax);
        }
        reserve(now);
        in.readBytes(held, heldUsed, now);
        heldUsed += now;
    }

    private void readSize(ByteBuf in) {
        if (!readLine(in)) {
            return;
        }
        int end = line.indexOf(";");
        var digits = (end < 0 ? line.toString() : line.substring(0, end)).strip();
        line.setLength(0);
        if (!digits.matches("[0-9A-Fa-f]{1,%d}".formatted(SIZE_MAX_DIGITS))) {
            throw HttpHead.malformed("a chunk does not say how long it is");
        }
        left = Long.parseLong(digits, 16);
        state = left == 0 ? State.TRAILER : State.CHUNK;
    }

    /// Reads a line between chunks into `line`, without its end.
    private boolean readLine(ByteBuf in) {
        while (in.isReadable()) {
            char c = (char) (in.readByte() & 0xFF);
            if (c == '\n') {
                int last = line.length() - 1;
                if (last < 0 || line.charAt(last) != '\r') {
                    throw HttpHead.malformed("a line ends without a carriage return");
                }
                line.setLength(last);
                return true;
            }
            if (line.length() == LINE_MAX_BYTES) {
                throw HttpHead.malformed("a line between chunks is too long");
            }
            line.append(c);
        }
        return false;
    }

    private void hold(byte b) {
        reserve(1);
        held[heldUsed++] = b;
    }

    private void reserve(int more) {
        int needed = heldUsed + more;
        if (needed > held.length) {
            long room = Math.max(needed, Math.max(FIRST_BYTES, 2L * held.length));
            if (state == State.BODY) {
                room = Math.min(room, needed + left); // the body has no more bytes
            }
            held = Arrays.copyOf(held, (int) room);
        }
    }

    private void letGo() {
        held = new byte[0];
        heldUsed = 0;
    }

    /// The last head.
    HttpHead head() {
        return requireNonNull(head, "nothing has been read");
    }

    /// Keeps the body that follows.
    ///
    /// @param maxBytes the largest accepted body; a longer one is an error
    void keepBody(int maxBytes) {
        keepMax = maxBytes;
    }

    /// Returns the body, and forgets it.
    byte[] takeBody() {
        var body = heldUsed == held.length ? held : Arrays.copyOf(held, heldUsed);
        letGo();
        return body;
    }

    /// Whether a request has begun and has not ended.
    boolean isWithin() {
        return state != State.END && (state != State.HEAD || heldUsed > 0);
    }

    /// Whether a request has been read completely, and nothing of the next one.
    boolean isAtEnd() {
        return !isWithin();
    }

    /// Whether a body is being skipped.
    boolean isSkipping() {
        return state != State.HEAD && keepMax < 0;
    }

    /// How much memory is used, in bytes.
    int heldBytes() {
        return held.length;
    }
}
