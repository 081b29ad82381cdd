package dev.keepsake.server;

import dev.keepsake.fleet.LogFactory;
import dev.keepsake.log.TransactionLog;
import dev.keepsake.log.bookkeeper.BookKeeperLogs;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;

/// Opens each log on BookKeeper, under the path of its directory relative to the data directory.
final class BookKeeperLogFactory implements LogFactory {
    private final BookKeeperLogs logs;
    private final Path dataDirectory;

    BookKeeperLogFactory(BookKeeperLogs logs, Path dataDirectory) {
        this.logs = logs;
        this.dataDirectory = dataDirectory.toAbsolutePath();
    }

    @Override
    public TransactionLog open(Path directory) throws IOException {
        return logs.open(nameOf(directory));
    }

    @Override
    public boolean isExclusive() {
        return false;
    }

    @Override
    public boolean holdsNothing(Path directory) throws IOException {
        return logs.holdsNothing(nameOf(directory));
    }

    @Override
    public String placeOf(Path directory) {
        return logs.placeOf(nameOf(directory));
    }

    @Override
    public void delete(Path directory) throws IOException {
        logs.delete(nameOf(directory));
    }

    @Override
    public void close() {
        logs.close();
    }

    private String nameOf(Path directory) {
        var names = new ArrayList<String>();
        dataDirectory.relativize(directory).forEach(name -> names.add(name.toString()));
        return String.join("/", names);
    }
}
