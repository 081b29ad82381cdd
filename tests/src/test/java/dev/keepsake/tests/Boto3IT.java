package dev.keepsake.tests;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The same walk as with the SDK for Java, with the SDK for Python. Skipped where Python has no
/// boto3.
class Boto3IT {
    private static final String WALK =
            """
            import sys, time, boto3
            api = boto3.client("memorydb", endpoint_url=sys.argv[1], region_name="us-east-1",
                               aws_access_key_id="k", aws_secret_access_key="s")
            def wait(what, done):
                end = time.monotonic() + 60
                while not done():
                    assert time.monotonic() < end, what
                    time.sleep(0.02)
            def describe():
                return api.describe_clusters(ClusterName="py", ShowShardDetails=True)["Clusters"][0]
            made = api.create_cluster(ClusterName="Py", NodeType="db.t4g.small",
                                      ACLName="open-access", NumReplicasPerShard=1,
                                      Port=int(sys.argv[2]))["Cluster"]
            assert made["Name"] == "py" and made["Status"] == "creating", made
            wait("available", lambda: describe()["Status"] == "available")
            cluster = describe()
            assert cluster["Shards"][0]["Slots"] == "0-16383", cluster
            assert len(cluster["Shards"][0]["Nodes"]) == 2, cluster
            assert cluster["ARN"].startswith("arn:aws:memorydb:us-east-1:"), cluster
            answer = api.failover_shard(ClusterName="py", ShardName="0001")["Cluster"]
            assert answer["Name"] == "py", answer
            def messages():
                events = api.describe_events(SourceName="py", SourceType="cluster")["Events"]
                return [event["Message"] for event in reversed(events)]
            wait("recovered", lambda: any(m.startswith("Finished recovery") for m in messages()))
            print(messages())
            try:
                api.failover_shard(ClusterName="py", ShardName="0009")
                assert False
            except api.exceptions.ShardNotFoundFault as fault:
                assert fault.response["ResponseMetadata"]["HTTPStatusCode"] == 400, fault.response
            assert api.delete_cluster(ClusterName="py")["Cluster"]["Status"] == "deleting"
            def gone():
                try:
                    describe()
                    return False
                except api.exceptions.ClusterNotFoundFault:
                    return True
            wait("gone", gone)
            print("the walk is complete")
            """;

    @TempDir Path directory;

    @BeforeAll
    static void findBoto3() throws Exception {
        assumeTrue(run(Path.of(""), "python3", "-c", "import boto3").code() == 0, "no boto3 here");
    }

    @Test
    void createFailOverDescribeDelete() throws Exception {
        var script = Files.writeString(directory.resolve("walk.py"), WALK);
        try (var server = TestServer.start(directory.resolve("data"))) {
            var walk =
                    run(
                            directory,
                            "python3",
                            script.toString(),
                            server.endpoint().toString(),
                            Integer.toString(server.endpointPort()));
            assertThat(walk.output()).contains("the walk is complete");
            assertThat(walk.code()).isZero();
        }
    }

    private record Run(int code, String output) {}

    private static Run run(Path directory, String... command) throws InterruptedException {
        try {
            var process =
                    new ProcessBuilder(command)
                            .directory(directory.toAbsolutePath().toFile())
                            .redirectErrorStream(true)
                            .start();
            try (var out = process.getInputStream()) {
                var output = new String(out.readAllBytes(), UTF_8);
                assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("it ends").isTrue();
                return new Run(process.exitValue(), output);
            } finally {
                process.destroyForcibly();
            }
        } catch (IOException e) {
            return new Run(-1, String.valueOf(e.getMessage())); // there is no such program
        }
    }
}
