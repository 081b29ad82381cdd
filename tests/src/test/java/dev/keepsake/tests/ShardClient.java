package dev.keepsake.tests;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.memorydb.model.Node;

/// A client of one shard that follows its primary and never repeats a command by itself, so that
/// its user knows what became of each. Has one connection. Owned by one thread.
final class ShardClient implements AutoCloseable {
    /// Error replies after which a command has surely not been executed.
    private static final List<String> NOT_EXECUTED =
            List.of("-MOVED ", "-LOADING ", "-CLUSTERDOWN ", "-EXECABORT ", "-MISCONF ");

    /// Keeps clients that nobody answers from taking the processor from those who could.
    private static final long PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(2);

    private final List<InetSocketAddress> nodes;
    private int at;
    private @Nullable Wire wire;

    ShardClient(List<Node> nodes) {
        this.nodes =
                nodes.stream()
                        .map(node ->
                                new InetSocketAddress(
                                        node.endpoint().address(), node.endpoint().port()))
                        .toList();
    }

    /// Sends one command.
    Answer ask(List<String> command) {
        return askAll(List.of(command)).getFirst();
    }

    /// Sends commands in one piece and then reads their replies.
    ///
    /// @return one answer for each command
    /// @throws AssertionError when the connection stays open and no reply comes
    List<Answer> askAll(List<List<String>> commands) {
        Wire open;
        try {
            open = connected();
        } catch (IOException e) {
            tryNextNode();
            return Collections.nCopies(commands.size(), new Answer.Refused("nobody listens"));
        }
        var answers = new ArrayList<Answer>();
        try {
            open.sendAll(commands);
            while (answers.size() < commands.size()) {
                answers.add(classify(open.read()));
            }
        } catch (SocketTimeoutException e) {
            throw new AssertionError("no reply to " + commands.get(answers.size()), e);
        } catch (IOException e) {
            disconnect();
            var unknown = new Answer.Unknown(String.valueOf(e.getMessage()));
            answers.addAll(Collections.nCopies(commands.size() - answers.size(), unknown));
        }
        answers.stream()
                .filter(Answer.Refused.class::isInstance)
                .map(Answer.Refused.class::cast)
                .findFirst()
                .ifPresent(this::goElsewhere);
        return answers;
    }

    private Wire connected() throws IOException {
        var open = wire;
        if (open == null) {
            open = Wire.to(nodes.get(at));
            wire = open;
        }
        return open;
    }

    private static Answer classify(String reply) {
        return NOT_EXECUTED.stream().anyMatch(reply::startsWith)
                ? new Answer.Refused(reply)
                : new Answer.Reply(reply);
    }

    private void goElsewhere(Answer.Refused refused) {
        for (int i = 0; i < nodes.size(); i++) {
            boolean named = refused.why().endsWith(":" + nodes.get(i).getPort());
            if (refused.why().startsWith("-MOVED ") && named && i != at) {
                disconnect();
                at = i;
                return;
            }
        }
        tryNextNode();
    }

    private void tryNextNode() {
        disconnect();
        at = (at + 1) % nodes.size();
        LockSupport.parkNanos(PAUSE_NS);
    }

    private void disconnect() {
        var open = wire;
        wire = null;
        if (open != null) {
            open.close();
        }
    }

    @Override
    public void close() {
        disconnect();
    }
}
