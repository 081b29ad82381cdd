package dev.keepsake.tests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.server.PortRange;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `POST /_keepsake/reset`, on a server that allows it and on one that does not.
class ResetIT {
    @TempDir Path data;

    @Test
    void aResetLeavesNothingAndNoEngine() throws Exception {
        var ports = FreePorts.next(20);
        try (var server = launch(ports, "--allow-reset");
                var api = new Api(server.awaitReady())) {
            api.create("demo", 1, 1, 0, ports.last());
            api.client().createSnapshot(request -> request.clusterName("demo").snapshotName("one"));
            api.client().createACL(request -> request.aclName("staff"));

            assertThat(reset(server.endpoint()).statusCode()).isEqualTo(200);

            assertThat(api.client().describeClusters(request -> {}).clusters()).isEmpty();
            assertThat(api.client().describeSnapshots(request -> {}).snapshots()).isEmpty();
            assertThat(api.client().describeACLs(request -> {}).acLs()).hasSize(1);
            assertThat(server.engines()).isEmpty();
            api.create("demo", 1, 0, 0, ports.last());
        }
    }

    @Test
    void aResetThatIsNotAllowedIsRefused() throws Exception {
        var ports = FreePorts.next(20);
        try (var server = launch(ports)) {
            var answer = reset(server.awaitReady());
            assertThat(answer.statusCode()).isEqualTo(403);
            assertThat(answer.body()).contains("AccessDeniedException", "--allow-reset");
        }
    }

    private ServerProcess launch(PortRange ports, String... more) throws Exception {
        return ServerProcess.launch(data, new PortRange(ports.first(), ports.last() - 1), more);
    }

    private static HttpResponse<String> reset(URI endpoint) throws Exception {
        try (var http = HttpClient.newHttpClient()) {
            return http.send(
                    HttpRequest.newBuilder(URI.create(endpoint + "/_keepsake/reset"))
                            .header("Content-Type", "application/json")
                            .POST(HttpRequest.BodyPublishers.noBody())
                            .build(),
                    BodyHandlers.ofString());
        }
    }
}
