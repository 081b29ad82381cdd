package dev.keepsake.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keepsake.api.RequestLog;
import dev.keepsake.api.RequestRecord;
import dev.keepsake.core.PrivateFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A [RequestLog] in a file, one JSON object in a line for each request.
///
/// Bounded: when the file is full, it becomes `FILE.1`, an earlier `FILE.1` becomes `FILE.2`, and
/// so on; the oldest one is deleted. Records wait in a queue of bounded length for the thread that
/// writes them. A record that finds no place in it, or that cannot be written, is missing, and the
/// server's log says how many are. Any thread may add a record.
public final class RequestLogFile implements RequestLog {
    private static final Logger LOG = LoggerFactory.getLogger(RequestLogFile.class);
    private static final long FILE_MAX_BYTES = 10 << 20;
    private static final int OLDER_FILES = 4;
    private static final int WAITING_MAX = 4_096;
    private static final int BATCH_MAX = 256;
    private static final Duration CLOSED_WITHIN = Duration.ofSeconds(2);

    private final Path file;
    private final long maxBytes;
    private final BlockingQueue<Optional<RequestRecord>> waiting; // an empty one only wakes
    private final AtomicLong missing = new AtomicLong();
    private final Thread writer;
    private volatile boolean isClosing;
    private FileChannel channel; // used by the writer only, as the following
    private boolean isFailing;
    private boolean isLineBegun;

    private RequestLogFile(Path file, long maxBytes, int waitingMax) throws IOException {
        this.file = file;
        this.maxBytes = maxBytes;
        this.waiting = new ArrayBlockingQueue<>(waitingMax);
        this.channel = openFile();
        this.writer = Thread.ofPlatform().name("request-log").daemon().unstarted(this::writeAll);
    }

    /// Opens a file, or continues it.
    ///
    /// @throws StartException when it cannot be written
    public static RequestLogFile open(Path file) throws StartException {
        return open(file, FILE_MAX_BYTES, WAITING_MAX);
    }

    static RequestLogFile open(Path file, long maxBytes, int waitingMax) throws StartException {
        try {
            var log = new RequestLogFile(file.toAbsolutePath(), maxBytes, waitingMax);
            log.writer.start();
            return log;
        } catch (IOException e) {
            throw new StartException(
                    "--request-log is %s, which cannot be written (%s); give a file in a directory that is there"
                            .formatted(file, e));
        }
    }

    private FileChannel openFile() throws IOException {
        if (!Files.exists(file)) {
            PrivateFiles.file(file);
        } else if (!Files.isRegularFile(file)) {
            throw new IOException("it is not a file");
        }
        return FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
    }

    @Override
    public void add(RequestRecord request) {
        if (!waiting.offer(Optional.of(request))) {
            missing.incrementAndGet();
        }
    }

    // ---- the writer

    private void writeAll() {
        var batch = new ArrayList<Optional<RequestRecord>>(BATCH_MAX);
        try {
            while (!isClosing || !waiting.isEmpty()) {
                batch.add(waiting.take());
                waiting.drainTo(batch, BATCH_MAX - 1);
                write(batch.stream().flatMap(Optional::stream).toList());
                batch.clear();
                if (!isFailing) {
                    reportMissing();
                }
            }
        } catch (InterruptedException _) {
            missing.addAndGet(waiting.size());
        }
        reportMissing();
        try {
            channel.close();
        } catch (IOException e) {
            failed(e);
        }
    }

    private void write(List<RequestRecord> batch) {
        int written = 0;
        try {
            for (var request : batch) {
                write((request.json() + "\n").getBytes(UTF_8));
                written++;
            }
            isFailing = false;
        } catch (IOException e) {
            missing.addAndGet(batch.size() - written);
            failed(e);
        }
    }

    private void write(byte[] bytes) throws IOException {
        if (!channel.isOpen()) {
            channel = openFile();
        }
        if (channel.size() > 0 && channel.size() + bytes.length > maxBytes) {
            rotate();
        }
        if (isLineBegun) {
            write(ByteBuffer.wrap(new byte[] {'\n'})); // ends the line that an error has broken off
        }
        isLineBegun = true;
        write(ByteBuffer.wrap(bytes));
        isLineBegun = false;
    }

    private void write(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /// Logs only the first of several failures.
    private void failed(IOException e) {
        if (!isFailing) {
            LOG.warn("the request log cannot be written file={} reason={}", file, e.toString());
        }
        isFailing = true;
    }

    private void rotate() throws IOException {
        channel.close();
        isLineBegun = false;
        for (int i = OLDER_FILES; i > 0; i--) {
            var from = i == 1 ? file : numbered(i - 1);
            if (Files.exists(from)) {
                Files.move(from, numbered(i), StandardCopyOption.REPLACE_EXISTING);
            }
        }
        channel = openFile();
    }

    private Path numbered(int number) {
        return file.resolveSibling(file.getFileName() + "." + number);
    }

    private void reportMissing() {
        long count = missing.getAndSet(0);
        if (count > 0) {
            LOG.warn("requests are missing in the request log file={} count={}", file, count);
        }
    }

    /// Wakes the writer. A full queue does so already.
    private void wake() {
        if (!waiting.offer(Optional.empty())) {
            LOG.debug("the request log still writes file={}", file);
        }
    }

    /// Writes what waits, for a bounded time.
    @Override
    public void close() {
        isClosing = true;
        wake();
        try {
            if (!writer.join(CLOSED_WITHIN)) {
                writer.interrupt();
            }
        } catch (InterruptedException e) {
            writer.interrupt();
            Thread.currentThread().interrupt();
        }
    }
}
