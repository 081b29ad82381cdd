package dev.keepsake.shard;

import dev.keepsake.resp.CommandFrame;
import dev.keepsake.resp.CommandFramer;
import dev.keepsake.resp.ProtocolException;
import dev.keepsake.resp.ProtocolLimits;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Cuts the replication stream where a replica could stop: after a command, and never between
/// `MULTI` and its `EXEC`. Owned by the node's event loop.
///
/// Why the log must hold whole units only: an engine counts an offset as applied at the end of a
/// command, or of a transaction. If the log ended in the middle of one, because its writer died
/// there, no replica could ever apply the whole log, and none could become primary. A reply never
/// depends on half a unit, so nothing acknowledged is withheld by waiting for the rest.
final class StreamFramer implements AutoCloseable {
    private static final ProtocolLimits LIMITS =
            new ProtocolLimits(64 * 1024, Integer.MAX_VALUE, 512 * 1024 * 1024);
    private static final byte[] MULTI = {'m', 'u', 'l', 't', 'i'};
    private static final byte[] EXEC = {'e', 'x', 'e', 'c'};
    private static final byte[] PUBLISH = {'p', 'u', 'b', 'l', 'i', 's', 'h'};

    private final int unitMaxBytes;
    private final CommandFramer framer = new CommandFramer(LIMITS);
    private @Nullable ByteBuf pending;
    private int scannedBytes;
    private boolean inTransaction;
    private final List<Publication> seen = new ArrayList<>();
    private List<Publication> published = new ArrayList<>();

    /// @param unitMaxBytes the longest command or transaction that is taken
    StreamFramer(int unitMaxBytes) {
        this.unitMaxBytes = unitMaxBytes;
    }

    /// Takes the next bytes of the stream, which it releases.
    ///
    /// @return all units that are complete now, in one piece; empty when none is
    /// @throws ProtocolException when the bytes are no commands, or a unit is longer than the bound
    ByteBuffer accept(ByteBuf bytes, ByteBufAllocator allocator) throws ProtocolException {
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
        var units = ByteBuffer.allocate(unitsBytes);
        in.readBytes(units);
        if (!in.isReadable()) {
            close();
        } else if (in.readableBytes() > unitMaxBytes) {
            throw new ProtocolException(
                    "a command or transaction of more than %d bytes does not fit the log; split it"
                            .formatted(unitMaxBytes));
        }
        return units.flip();
    }

    /// What the units published that [#accept] has returned since the last call.
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
        if (frame.argumentCount() == 3 && isWord(in, frame, PUBLISH)) {
            seen.add(new Publication(argument(in, frame, 1), argument(in, frame, 2)));
        }
    }

    private static byte[] argument(ByteBuf in, CommandFrame frame, int index) {
        var bytes = new byte[frame.length(index)];
        in.getBytes(in.readerIndex() + frame.start(index), bytes);
        return bytes;
    }

    /// Drops what is incomplete. Idempotent.
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
        // The first remainder sits in the buffer of a read; from then on in one that grows.
        var grown = before;
        if (before.maxFastWritableBytes() < bytes.readableBytes()) {
            grown = allocator.buffer(2 * (before.readableBytes() + bytes.readableBytes()));
            grown.writeBytes(before);
            before.release();
        }
        grown.writeBytes(bytes);
        bytes.release();
        pending = grown;
        return grown;
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
