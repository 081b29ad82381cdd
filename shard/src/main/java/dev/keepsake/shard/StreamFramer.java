package dev.keepsake.shard;

import dev.keepsake.resp.CommandFrame;
import dev.keepsake.resp.CommandFramer;
import dev.keepsake.resp.ProtocolException;
import dev.keepsake.resp.ProtocolLimits;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/// Cuts the replication stream into units where a replica can stop: after a command, but never
/// between `MULTI` and its `EXEC`. Owned by the node's event loop.
///
/// The log must hold only whole units, because an engine counts an offset as applied at the end of
/// a command or of a transaction. If the log ended inside a unit, because its writer died there, no
/// replica could ever apply the whole log, and none could become primary. A reply never depends on
/// half a unit, so waiting for the rest delays no acknowledged write.
///
/// Decision 1 (docs/decisions) says why, and which alternatives were rejected.
final class StreamFramer implements AutoCloseable {
    /// Whole units, in one piece.
    ///
    /// @param bytes the content, valid until [#release]
    /// @param crc32c the checksum of the bytes
    /// @param owner the buffer that holds large units; null if they are on the heap
    record Units(ByteBuffer bytes, long crc32c, @Nullable ByteBuf owner) {
        boolean isEmpty() {
            return !bytes.hasRemaining();
        }

        /// Frees the bytes. Call it once, when they are not needed any more.
        void release() {
            if (owner != null) {
                owner.release();
            }
        }
    }

    /// Units of this size and more need their own memory; see [#roomNeeded]. The heap would be too
    /// small for them, and to allocate and clear so much would block the event loop for too long.
    static final int LARGE_UNIT_BYTES = 8 << 20;

    private static final int HEAP_MAX_BYTES = 1 << 20;
    private static final int SLACK_BYTES = 128 * 1024;

    // Bytes that may still be read after reading has been stopped.
    private static final int MARGIN_BYTES = 2 << 20;

    // An engine disconnects subscribers that have more than this to receive.
    private static final int PUBLICATION_MAX_BYTES = 32 << 20;
    private static final ProtocolLimits LIMITS =
            new ProtocolLimits(64 * 1024, Integer.MAX_VALUE, 512 * 1024 * 1024);
    private static final byte[] MULTI = {'m', 'u', 'l', 't', 'i'};
    private static final byte[] EXEC = {'e', 'x', 'e', 'c'};
    private static final byte[] PUBLISH = {'p', 'u', 'b', 'l', 'i', 's', 'h'};

    private final int unitMaxBytes;
    private final CommandFramer framer = new CommandFramer(LIMITS);
    private @Nullable ByteBuf pending;
    private int scannedBytes;
    private final CRC32C crc = new CRC32C();
    private int checkedBytes; // how much of `pending` is in the checksum
    private boolean inTransaction;
    private final List<Publication> seen = new ArrayList<>();
    private List<Publication> published = new ArrayList<>();

    /// @param unitMaxBytes the longest accepted command or transaction, in bytes
    StreamFramer(int unitMaxBytes) {
        this.unitMaxBytes = unitMaxBytes;
    }

    /// Takes the next bytes of the stream, and releases them.
    ///
    /// @return all units that are complete now; empty when none is
    /// @throws ProtocolException when the bytes are not commands, or a unit is longer than the
    ///   bound
    Units accept(ByteBuf bytes, ByteBufAllocator allocator) throws ProtocolException {
        check(pending == null ? 0 : pending.readableBytes());
        var in = join(bytes, allocator);
        int unitsBytes = 0;
        int start = in.readerIndex();
        in.skipBytes(scannedBytes);
        try {
            while (in.isReadable() && framer.parse(in) != CommandFramer.Parsed.INCOMPLETE) {
                noteTransaction(in);
                notePublication(in);
                in.skipBytes(framer.lengthBytes());
                if (!inTransaction) {
                    unitsBytes = in.readerIndex() - start;
                    published.addAll(seen);
                    seen.clear();
                }
            }
        } finally {
            scannedBytes = in.readerIndex() - start - unitsBytes;
            in.readerIndex(start);
        }
        if (announcedBytes() > unitMaxBytes) {
            throw new ProtocolException(
                    "a command or transaction of more than %d bytes does not fit the log; split it"
                            .formatted(unitMaxBytes));
        }
        return cut(in, unitsBytes);
    }

    /// Takes the complete units from the beginning of the pending bytes.
    private Units cut(ByteBuf in, int unitsBytes) {
        if (unitsBytes > 0) {
            check(unitsBytes);
        }
        long crc32c = crc.getValue();
        ByteBuffer bytes;
        ByteBuf owner = null;
        if (unitsBytes <= HEAP_MAX_BYTES) {
            bytes = ByteBuffer.allocate(unitsBytes);
            in.readBytes(bytes);
            bytes.flip();
        } else {
            owner = in.readRetainedSlice(unitsBytes);
            bytes = owner.nioBuffer();
        }
        if (!in.isReadable()) {
            close();
        } else if (owner != null) {
            pending = large(in.readableBytes() + SLACK_BYTES).writeBytes(in);
            in.release();
        }
        if (unitsBytes > 0) {
            crc.reset();
            checkedBytes = 0;
        }
        return new Units(bytes, crc32c, owner);
    }

    /// Adds the first `bytes` pending bytes to the checksum. They are added as they arrive, because
    /// all at once would block too long.
    private void check(int bytes) {
        if (pending != null && bytes > checkedBytes) {
            int from = pending.readerIndex() + checkedBytes;
            crc.update(pending.nioBuffer(from, bytes - checkedBytes));
            checkedBytes = bytes;
        }
    }

    /// The minimum length of the incomplete unit, as far as it has been announced.
    private long announcedBytes() {
        return pending == null ? 0 : scannedBytes + framer.announcedBytes();
    }

    /// The size of the buffer that the incomplete unit needs before [#accept] is called again; 0
    /// when it needs none. The stream announces the length of the next argument only, not of the
    /// later ones, so a unit may need a larger buffer more than once.
    int roomNeeded() {
        var unit = pending;
        long announced = announcedBytes();
        if (unit == null || announced <= LARGE_UNIT_BYTES) {
            return 0;
        }
        int readable = unit.readableBytes();
        long wanted = Math.max(announced, (long) readable + MARGIN_BYTES);
        if (wanted <= (long) readable + unit.maxFastWritableBytes()) {
            return 0;
        }
        wanted = Math.max(announced, readable + (long) readable / 2);
        return Math.toIntExact(Math.min(wanted, unitMaxBytes) + MARGIN_BYTES + SLACK_BYTES);
    }

    /// Continues the incomplete unit in an empty buffer of that size.
    void giveRoom(ByteBuf buffer) {
        var unit = pending;
        if (unit == null) {
            buffer.release();
            return;
        }
        buffer.writeBytes(unit);
        unit.release();
        pending = buffer;
    }

    /// The messages published by the units that [#accept] has returned since the last call.
    List<Publication> takePublished() {
        if (published.isEmpty()) {
            return List.of();
        }
        var taken = published;
        published = new ArrayList<>();
        return taken;
    }

    private void notePublication(ByteBuf in) {
        var frame = framer.frame();
        if (frame.argumentCount() == 3
                && isWord(in, frame, PUBLISH)
                && frame.length(2) <= PUBLICATION_MAX_BYTES) {
            seen.add(new Publication(argument(in, frame, 1), argument(in, frame, 2)));
        }
    }

    private static byte[] argument(ByteBuf in, CommandFrame frame, int index) {
        var bytes = new byte[frame.length(index)];
        in.getBytes(in.readerIndex() + frame.start(index), bytes);
        return bytes;
    }

    /// Drops the incomplete unit. Idempotent.
    @Override
    public void close() {
        if (pending != null) {
            pending.release();
            pending = null;
        }
    }

    private ByteBuf join(ByteBuf bytes, ByteBufAllocator allocator) {
        var before = pending;
        if (before == null) {
            pending = bytes;
            return bytes;
        }
        // The first remainder is in the buffer of a read. After that it is copied to a buffer that
        // grows.
        var grown = before;
        if (before.maxFastWritableBytes() < bytes.readableBytes()) {
            int twice = 2 * (before.readableBytes() + bytes.readableBytes());
            grown = twice > HEAP_MAX_BYTES ? large(twice) : allocator.buffer(twice);
            grown.writeBytes(before);
            before.release();
        }
        grown.writeBytes(bytes);
        bytes.release();
        pending = grown;
        return grown;
    }

    static ByteBuf large(int bytes) {
        return UnpooledByteBufAllocator.DEFAULT.directBuffer(bytes);
    }

    private void noteTransaction(ByteBuf in) {
        var frame = framer.frame();
        if (frame.argumentCount() == 1) {
            if (!inTransaction) {
                inTransaction = isWord(in, frame, MULTI);
            } else if (isWord(in, frame, EXEC)) {
                inTransaction = false;
            }
        }
    }

    private static boolean isWord(ByteBuf in, CommandFrame frame, byte[] word) {
        if (frame.length(0) != word.length) {
            return false;
        }
        int start = in.readerIndex() + frame.start(0);
        for (int i = 0; i < word.length; i++) {
            if ((in.getByte(start + i) | 0x20) != word[i]) {
                return false;
            }
        }
        return true;
    }
}
