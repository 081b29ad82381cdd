package dev.keepsake.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.memorydb.model.Cluster;
import software.amazon.awssdk.services.memorydb.model.InputAuthenticationType;
import software.amazon.awssdk.services.memorydb.model.Node;

/// Users who are made, changed and taken away through the API while they are connected to the nodes
/// of a cluster.
class AclIT {
    private static final String PASSWORD = "correct-horse-battery";
    private static final String SECOND = "staple-stable-battery";
    private static final String THIRD = "purple-monkey-dishwasher";

    @TempDir static Path directory;
    private static TestServer server;
    private static Trust trust;
    private static List<Node> nodes;

    @BeforeAll
    static void start() throws Exception {
        server = TestServer.start(directory);
        trust = Trust.in(server.endpoint());
        server.api().createUser("staying", "on ~* &* +@all", PASSWORD);
        server.api().createUser("leaving", "on ~* &* +@all", PASSWORD);
        server.api().createUser("rotating", "on ~* &* +@all", PASSWORD);
        server.api().createAcl("staff", "staying", "leaving", "rotating");
        Cluster cluster = server.api().createWithTls("demo", 1, 1, server.endpointPort(), "staff");
        nodes = cluster.shards().getFirst().nodes();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static Wire connectAs(Node node, String user, String password) throws IOException {
        var wire = Wire.to(node, trust);
        assertThat(wire.ask("AUTH", user, password)).isEqualTo("OK");
        return wire;
    }

    @Test
    void whoeverIsTakenOffAnAclLosesTheConnectionsToEveryNode() throws Exception {
        var leaving = new ArrayList<Wire>();
        try (var staying = connectAs(nodes.getFirst(), "staying", PASSWORD)) {
            for (var node : nodes) {
                leaving.add(connectAs(node, "leaving", PASSWORD));
            }
            var blocked = connectAs(nodes.getFirst(), "leaving", PASSWORD);
            blocked.send("BLPOP", "none", "0");
            leaving.add(blocked);
            server.api()
                    .client()
                    .updateACL(request -> request.aclName("staff").userNamesToRemove("leaving"));
            for (var wire : leaving) {
                assertThatThrownBy(wire::read).isInstanceOf(IOException.class);
            }
            server.api().awaitAcl("staff");
            assertThat(staying.ask("ACL", "WHOAMI")).isEqualTo("staying");
            assertThat(staying.ask("AUTH", "leaving", PASSWORD)).startsWith("-WRONGPASS");
        } finally {
            leaving.forEach(Wire::close);
        }
    }

    @Test
    void passwordsAreRotatedWhileBothAreTaken() throws Exception {
        try (var connected = connectAs(nodes.getFirst(), "rotating", PASSWORD)) {
            give(PASSWORD, SECOND);
            for (var node : nodes) {
                connectAs(node, "rotating", PASSWORD).close();
                connectAs(node, "rotating", SECOND).close();
            }
            give(SECOND, THIRD);
            for (var node : nodes) {
                connectAs(node, "rotating", SECOND).close();
                connectAs(node, "rotating", THIRD).close();
                try (var wire = Wire.to(node, trust)) {
                    assertThat(wire.ask("AUTH", "rotating", PASSWORD)).startsWith("-WRONGPASS");
                }
            }
            assertThat(connected.ask("SET", "k", "v")).isEqualTo("OK");
        }
    }

    /// Changes the passwords, and waits until the nodes know them.
    private static void give(String... passwords) {
        server.api()
                .client()
                .updateUser(request ->
                        request.userName("rotating")
                                .authenticationMode(mode ->
                                        mode.type(InputAuthenticationType.PASSWORD)
                                                .passwords(passwords)));
        server.api().awaitUser("rotating");
    }
}
