package dev.keepsake.log.bookkeeper;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keepsake.core.Term;
import dev.keepsake.log.CorruptLogException;
import dev.keepsake.log.Tail;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A log's ledgers, oldest first, as one version of the log's node in ZooKeeper.
///
/// @param version the node's version; the next list replaces only this version
/// @param ledgers all ledgers of the log, without gaps
/// @param doomed the ids of ledgers that have left the log and may not have been deleted yet
record LedgerList(int version, List<LedgerRef> ledgers, List<Long> doomed) {
    /*
     * The node's data, UTF-8, one line each, fields separated by tabs, names percent-encoded:
     *
     *   keepsake-log 1
     *   ledger  id  term  leader  index  term  leader  lease index  end offset  previous last id
     *   doomed  id                \__________ the tail before it __________/
     */
    private static final String HEADING = "keepsake-log 1";
    private static final int LEDGER_FIELDS = 10;
    private static final int DOOMED_FIELDS = 2;

    /// ZooKeeper accepts nodes of up to 1 MiB. This leaves room for one more ledger whose names are
    /// long and percent-encoded as a whole.
    private static final int FULL_BYTES = 900_000;

    /// A list of fewer ledgers than this is never full, however long the names are.
    private static final int FULL_LEDGERS = 400;

    LedgerList {
        ledgers = List.copyOf(ledgers);
        doomed = List.copyOf(doomed);
    }

    /// The list of a log that no node has led yet.
    static LedgerList empty(int version) {
        return new LedgerList(version, List.of(), List.of());
    }

    @Nullable LedgerRef newest() {
        return ledgers.isEmpty() ? null : ledgers.getLast();
    }

    long newestId() {
        return ledgers.isEmpty() ? -1 : ledgers.getLast().ledgerId();
    }

    /// The newest term, [Term#NONE] when there is none. Its LEADER entry need not be written yet.
    Term term() {
        return ledgers.isEmpty() ? Term.NONE : ledgers.getLast().term();
    }

    String leader() {
        return ledgers.isEmpty() ? "" : ledgers.getLast().leader();
    }

    /// Whether the list has no room for another ledger.
    boolean isFull() {
        return ledgers.size() > FULL_LEDGERS && encode().length > FULL_BYTES;
    }

    boolean contains(long ledgerId) {
        return ledgers.stream().anyMatch(ledger -> ledger.ledgerId() == ledgerId);
    }

    LedgerList plus(LedgerRef next) {
        var longer = new ArrayList<>(ledgers);
        longer.add(next);
        return new LedgerList(version, longer, doomed);
    }

    /// The list without the ledgers that lie before `firstKeptIndex` as a whole. The newest ledger
    /// is always kept.
    LedgerList trimmed(long firstKeptIndex) {
        int gone = 0;
        while (gone + 1 < ledgers.size() && ledgers.get(gone + 1).firstIndex() <= firstKeptIndex) {
            gone++;
        }
        var ids = new ArrayList<>(doomed);
        ledgers.subList(0, gone).forEach(ledger -> ids.add(ledger.ledgerId()));
        return new LedgerList(version, ledgers.subList(gone, ledgers.size()), ids);
    }

    LedgerList withoutDoomed(List<Long> deleted) {
        return new LedgerList(
                version, ledgers, doomed.stream().filter(id -> !deleted.contains(id)).toList());
    }

    LedgerList at(int otherVersion) {
        return new LedgerList(otherVersion, ledgers, doomed);
    }

    byte[] encode() {
        var text = new StringBuilder(HEADING).append('\n');
        for (var ledger : ledgers) {
            var before = ledger.before();
            text.append(
                    String.join(
                            "\t",
                            "ledger",
                            Long.toString(ledger.ledgerId()),
                            Long.toString(ledger.term().number()),
                            URLEncoder.encode(ledger.leader(), UTF_8),
                            Long.toString(before.index()),
                            Long.toString(before.term().number()),
                            URLEncoder.encode(before.leader(), UTF_8),
                            Long.toString(before.leaseIndex()),
                            Long.toString(before.endOffset()),
                            Long.toString(ledger.previousLastId())));
            text.append('\n');
        }
        doomed.forEach(id -> text.append("doomed\t").append((long) id).append('\n'));
        return text.toString().getBytes(UTF_8);
    }

    /// Reads the node's data.
    ///
    /// @param path the node's path, for messages
    static LedgerList decode(String path, int version, byte[] data) throws CorruptLogException {
        if (data.length == 0) {
            return empty(version);
        }
        var lines = new String(data, UTF_8).split("\n", -1);
        if (!lines[0].equals(HEADING) || !lines[lines.length - 1].isEmpty()) {
            throw notAList(path, lines[0]);
        }
        var ledgers = new ArrayList<LedgerRef>();
        var doomed = new ArrayList<Long>();
        for (int i = 1; i < lines.length - 1; i++) {
            var fields = lines[i].split("\t", -1);
            try {
                if (fields[0].equals("ledger") && fields.length == LEDGER_FIELDS) {
                    ledgers.add(ledgerOf(fields));
                } else if (fields[0].equals("doomed") && fields.length == DOOMED_FIELDS) {
                    doomed.add(Long.parseLong(fields[1]));
                } else {
                    throw notAList(path, lines[i]);
                }
            } catch (IllegalArgumentException e) {
                throw notAList(path, lines[i]);
            }
        }
        return new LedgerList(version, ledgers, doomed);
    }

    private static LedgerRef ledgerOf(String[] fields) {
        return new LedgerRef(
                Long.parseLong(fields[1]),
                new Term(Long.parseLong(fields[2])),
                URLDecoder.decode(fields[3], UTF_8),
                new Tail(
                        Long.parseLong(fields[4]),
                        new Term(Long.parseLong(fields[5])),
                        URLDecoder.decode(fields[6], UTF_8),
                        Long.parseLong(fields[7]),
                        Long.parseLong(fields[8])),
                Long.parseLong(fields[9]));
    }

    private static CorruptLogException notAList(String path, String line) {
        return new CorruptLogException(
                "ZooKeeper's node %s is not a list of ledgers: \"%s\"; restore it, nothing was changed"
                        .formatted(path, line));
    }
}
