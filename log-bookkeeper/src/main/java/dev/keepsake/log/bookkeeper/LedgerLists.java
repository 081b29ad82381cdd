package dev.keepsake.log.bookkeeper;

import dev.keepsake.log.CorruptLogException;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooKeeper;

/// Access to the lists of ledgers in ZooKeeper. Any thread. No call blocks and none has a timeout;
/// callers bound their waits. Futures fail with an [IOException] and complete on ZooKeeper's
/// thread.
final class LedgerLists {
    /// How an attempt to replace a list ended.
    enum Swapped {
        YES,
        /// Another list has replaced that version before, so this attempt never takes effect.
        NO,
        /// The connection was lost meanwhile: the attempt may have taken effect, or may still take
        /// effect.
        UNKNOWN
    }

    private final ZooKeeper zooKeeper;

    LedgerLists(ZooKeeper zooKeeper) {
        this.zooKeeper = zooKeeper;
    }

    /// Reads the list at `path`.
    ///
    /// @param watcher called once: at the next change, or when the session is lost
    CompletableFuture<LedgerList> read(String path, Watcher watcher) {
        return read(path, watcher, false);
    }

    /// Reads the list at `path` with all changes that were made before this call. A server of
    /// ZooKeeper may lag behind, so it is synchronized first.
    CompletableFuture<LedgerList> readNewest(String path) {
        var synced = new CompletableFuture<Boolean>();
        zooKeeper.sync(path, (code, _, _) -> complete(synced, code, path, true), null);
        return synced.thenCompose(_ -> read(path, _ -> {}, true));
    }

    private CompletableFuture<LedgerList> read(String path, Watcher watcher, boolean unwatched) {
        var found = new CompletableFuture<LedgerList>();
        zooKeeper.getData(
                path,
                unwatched ? null : watcher,
                (code, _, _, data, stat) -> {
                    if (code != Code.OK.intValue()) {
                        found.completeExceptionally(failure(code, path));
                        return;
                    }
                    try {
                        found.complete(LedgerList.decode(path, stat.getVersion(), data));
                    } catch (CorruptLogException e) {
                        found.completeExceptionally(e);
                    }
                },
                null);
        return found;
    }

    /// Creates the node at `path` with an empty list, and the nodes above it, if they are missing.
    CompletableFuture<Boolean> make(String path) {
        int slash = path.lastIndexOf('/');
        var above =
                slash <= 0
                        ? CompletableFuture.completedFuture(true)
                        : make(path.substring(0, slash));
        return above.thenCompose(_ -> {
            var made = new CompletableFuture<Boolean>();
            zooKeeper.create(
                    path,
                    new byte[0],
                    Ids.OPEN_ACL_UNSAFE,
                    CreateMode.PERSISTENT,
                    (code, _, _, _) -> {
                        boolean isThere = code == Code.NODEEXISTS.intValue();
                        complete(made, isThere ? Code.OK.intValue() : code, path, !isThere);
                    },
                    null);
            return made;
        });
    }

    /// Replaces the version `list.version()` of the list by `list`.
    CompletableFuture<Swapped> swap(String path, LedgerList list) {
        var swapped = new CompletableFuture<Swapped>();
        zooKeeper.setData(
                path,
                list.encode(),
                list.version(),
                (code, _, _, _) -> {
                    if (code == Code.OK.intValue()) {
                        swapped.complete(Swapped.YES);
                    } else if (code == Code.BADVERSION.intValue()
                            || code == Code.NONODE.intValue()) {
                        swapped.complete(Swapped.NO);
                    } else {
                        swapped.complete(Swapped.UNKNOWN);
                    }
                },
                null);
        return swapped;
    }

    /// Deletes the node at `path`, whatever it holds, if it exists.
    ///
    /// @return false when there are nodes below it
    CompletableFuture<Boolean> delete(String path) {
        var deleted = new CompletableFuture<Boolean>();
        zooKeeper.delete(
                path,
                -1,
                (code, _, _) -> {
                    boolean hasChildren = code == Code.NOTEMPTY.intValue();
                    boolean isGone = code == Code.NONODE.intValue();
                    complete(
                            deleted,
                            hasChildren || isGone ? Code.OK.intValue() : code,
                            path,
                            !hasChildren);
                },
                null);
        return deleted;
    }

    /// Whether `failure`, of a read, means that there is no such node.
    static boolean isMissing(Throwable failure) {
        return failure.getCause() instanceof KeeperException.NoNodeException;
    }

    private static <T> void complete(CompletableFuture<T> future, int code, String path, T value) {
        if (code == Code.OK.intValue()) {
            future.complete(value);
        } else {
            future.completeExceptionally(failure(code, path));
        }
    }

    private static IOException failure(int code, String path) {
        var cause = KeeperException.create(Code.get(code), path);
        return new IOException(
                "ZooKeeper does not give access to " + path + ": " + why(cause), cause);
    }

    private static String why(KeeperException failure) {
        var lost = List.of(Code.CONNECTIONLOSS, Code.SESSIONEXPIRED, Code.OPERATIONTIMEOUT);
        return lost.contains(failure.code()) ? "it cannot be reached" : failure.code().toString();
    }
}
