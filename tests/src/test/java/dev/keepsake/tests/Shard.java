package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import software.amazon.awssdk.services.memorydb.model.Node;

/// The only shard of a cluster, for tests that let it fail.
final class Shard {
    static final String NAME = "0001";

    private static final int REFUSED_WITHIN_MS = 100;

    private final Engines engines;
    private final List<Node> nodes;

    /// @param data the data directory of the cluster's server
    Shard(Api api, String cluster, Path data) {
        this.engines = new Engines(data);
        this.nodes = api.describe(cluster).shards().getFirst().nodes();
    }

    List<Node> nodes() {
        return nodes;
    }

    /// The node that leads now, waiting for one if need be.
    Node primary() {
        await("somebody leads", () -> nodes.stream().anyMatch(Shard::leads));
        return nodes.stream().filter(Shard::leads).findFirst().orElseThrow();
    }

    List<Node> replicas() {
        var primary = primary();
        return nodes.stream().filter(node -> !node.equals(primary)).toList();
    }

    boolean hasEngine(Node node) {
        return engines.runFor(List.of(node));
    }

    /// Ends the engines of these nodes with SIGKILL.
    void kill(List<Node> failing) {
        engines.kill(failing);
    }

    /// Ends the engines that snapshots are being taken with.
    void killHelpers() {
        engines.killHelpers();
    }

    /// Stops the engines of these nodes with SIGSTOP.
    void hang(List<Node> hanging) throws IOException, InterruptedException {
        engines.hang(hanging);
    }

    /// Lets the engine of a node end because it gets no more memory.
    void exhaustMemory(Node node) throws IOException, InterruptedException {
        engines.exhaustMemory(node);
    }

    /// Waits until every node has an engine and answers from it, one of them as the primary.
    void awaitWhole() {
        await(
                "every node answers",
                () -> engines.runFor(nodes) && nodes.stream().allMatch(Shard::answers));
        primary();
    }

    /// Waits until a node refuses to write, with an error that begins so.
    void awaitRefusal(Node primary, String error) {
        await("writes are refused", () -> refuses(primary, error));
    }

    private static boolean refuses(Node node, String error) {
        try (var wire = Wire.to(node)) {
            wire.send("SET", "refused", "1");
            // One that was taken just before waits for as long as the reason to refuse lasts.
            return wire.hasReplyWithin(REFUSED_WITHIN_MS) && wire.read().startsWith(error);
        } catch (IOException e) {
            return false;
        }
    }

    private static boolean leads(Node node) {
        try (var wire = Wire.to(node)) {
            return wire.ask("ROLE").startsWith("[master") && answers(node);
        } catch (IOException e) {
            return false;
        }
    }

    private static boolean answers(Node node) {
        try (var wire = Wire.to(node)) {
            wire.ask("READONLY");
            return !wire.ask("GET", "anything").startsWith("-");
        } catch (IOException e) {
            return false;
        }
    }
}
