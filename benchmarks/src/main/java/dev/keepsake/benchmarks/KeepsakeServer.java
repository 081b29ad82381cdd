package dev.keepsake.benchmarks;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// A Keepsake as users start it, in a process of its own, and a client of its API. Starts empty, in
/// a directory that the caller removes. Ended by [#close]. Owned by one thread.
final class KeepsakeServer implements AutoCloseable {
    private static final String REGION = "us-east-1";
    private static final Pattern STATUS = Pattern.compile("\"Status\"\\s*:\\s*\"([a-z-]+)\"");

    private final List<String> command;
    private final Path directory;
    private final URI api;
    private final int endpointPort;
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private Process process;

    /// Starts a server and waits until its API answers.
    ///
    /// @param launcher the script at the root of the repository
    /// @param nodePorts how many nodes it may run
    /// @param options further options of `keepsake start`
    KeepsakeServer(Path launcher, Path directory, int nodePorts, List<String> options)
            throws IOException {
        var ports = Servers.leasePorts(nodePorts + 2);
        int apiPort = ports.first();
        this.endpointPort = ports.last();
        this.api = URI.create("http://%s:%d/".formatted(Servers.HOST, apiPort));
        this.directory = Files.createDirectories(directory);
        this.command = new ArrayList<>(List.of(launcher.toString(), "start"));
        command.addAll(List.of("--api-port", "" + apiPort));
        command.addAll(List.of("--data-dir", directory.resolve("data").toString()));
        command.addAll(List.of("--node-ports", "%d-%d".formatted(apiPort + 1, endpointPort - 1)));
        command.addAll(options);
        this.process = Servers.start(command, directory);
        await("its API answers", () -> call("DescribeClusters", "{}").contains("Clusters"));
    }

    /// A free port for the endpoint of one cluster.
    int endpointPort() {
        return endpointPort;
    }

    /// Calls the API in the region that most calls use.
    String call(String operation, String body) throws IOException, InterruptedException {
        return call(REGION, operation, body);
    }

    /// Calls the API.
    ///
    /// @return the body of the answer, which may be a fault
    String call(String region, String operation, String body)
            throws IOException, InterruptedException {
        var request =
                HttpRequest.newBuilder(api)
                        .header("Content-Type", "application/x-amz-json-1.1")
                        .header("X-Amz-Target", "AmazonMemoryDB." + operation)
                        .header(
                                "Authorization",
                                "AWS4-HMAC-SHA256 Credential=k/20210817/%s/memorydb/aws4_request"
                                        .formatted(region))
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build();
        return http.send(request, HttpResponse.BodyHandlers.ofString()).body();
    }

    /// Calls the API.
    ///
    /// @throws IOException when the answer is a fault
    String callOk(String region, String operation, String body)
            throws IOException, InterruptedException {
        var answer = call(region, operation, body);
        if (answer.contains("\"__type\"")) {
            throw new IOException("the server said " + answer);
        }
        return answer;
    }

    /// The process that runs at present.
    Process process() {
        return process;
    }

    /// Creates a cluster of one shard without TLS, and waits until it is available.
    void createCluster(String name, int replicas) throws IOException, InterruptedException {
        createCluster(name, replicas, false);
    }

    /// Creates a cluster of one shard, and waits until it is available.
    void createCluster(String name, int replicas, boolean tls)
            throws IOException, InterruptedException {
        callOk(
                REGION,
                "CreateCluster",
                """
                {"ClusterName": "%s", "NodeType": "db.r6g.large", "ACLName": "open-access",
                 "TLSEnabled": %b, "NumReplicasPerShard": %d, "Port": %d}\
                """
                        .formatted(name, tls, replicas, endpointPort));
        await("%s is available".formatted(name), () -> status(REGION, name).equals("available"));
    }

    /// The status of a cluster; empty when there is none.
    String status(String region, String cluster) throws IOException, InterruptedException {
        return firstStatus(
                call(region, "DescribeClusters", "{\"ClusterName\":\"%s\"}".formatted(cluster)));
    }

    /// The first status in an answer; empty when there is none.
    static String firstStatus(String answer) {
        var status = STATUS.matcher(answer);
        return status.find() ? status.group(1) : "";
    }

    /// Kills the server with SIGKILL, and starts it again with the same command.
    void killAndStartAgain() throws IOException, InterruptedException {
        process.destroyForcibly();
        process.waitFor();
        process = Servers.start(command, directory);
    }

    /// Waits until a condition is true. A condition that cannot be checked counts as false.
    ///
    /// @throws IOException when the server ends, or after ten minutes
    void await(String what, Servers.Condition condition) throws IOException {
        Servers.await(what, process, condition);
    }

    @Override
    public void close() {
        Servers.end(process);
        http.close();
    }
}
