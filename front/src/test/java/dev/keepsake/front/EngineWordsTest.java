package dev.keepsake.front;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.resp.RespValue;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// An engine describes itself as a single server without replicas; a client sees the node of a
/// cluster that it has connected to.
class EngineWordsTest {
    @RegisterExtension static final TestFront primary = TestFront.servingPrimary();
    @RegisterExtension static final TestFront replica = TestFront.replica();

    /// The node's INFO for this INFO of the engine, with a blank for each line break.
    private static String info(TestFront node, String ofEngine) throws Exception {
        String text = ofEngine.replace("|", "\r\n") + "\r\n";
        node.engine.on("info", "$%d\r\n%s\r\n".formatted(text.length(), text));
        return node.answer("INFO").replaceFirst("^\\$\\d+ ", "");
    }

    // ---- INFO

    @ParameterizedTest
    @CsvSource({
        "redis_mode:standalone, redis_mode:cluster",
        "server_mode:standalone, server_mode:cluster",
        "cluster_enabled:0, cluster_enabled:1",
        "tcp_port:0, tcp_port:6379",
        "maxclients:10000, maxclients:65000",
        "blocked_clients:3, blocked_clients:3",
        "used_memory:5, used_memory:5",
        "listener0:name=unix;bind=x, 'listener0:name=tcp,bind=10.0.0.1,port=6379'",
        "db0:keys=1, db0:keys=1"
    })
    void aLineOfTheEngineIsReplacedByTheNodes(String ofEngine, String told) throws Exception {
        assertThat(info(primary, ofEngine)).isEqualTo(told);
    }

    /// The paths of its files and the number of its process are of no use to clients.
    @ParameterizedTest
    @ValueSource(strings = {"executable:/opt/redis", "config_file:/etc/x", "process_id:7"})
    void thePlaceOfTheEngineIsNotShown(String line) throws Exception {
        assertThat(info(primary, "# Server|" + line + "|hz:10")).isEqualTo("# Server hz:10");
    }

    /// ROLE is the barrier, a command that no client has given.
    @ParameterizedTest
    @CsvSource({
        "cmdstat_role, false",
        "cmdstat_psync, false",
        "cmdstat_replconf, false",
        "cmdstat_auth, false",
        "cmdstat_hello, false",
        "cmdstat_acl|setuser, false",
        "cmdstat_acl|dryrun, false",
        "cmdstat_client|id, false",
        "latency_percentiles_usec_role, false",
        "cmdstat_get, true",
        "cmdstat_acl|cat, true",
        "cmdstat_client|tracking, true",
        "cmdstat_nosuch, true",
        "latency_percentiles_usec_get, true"
    })
    void theNodesOwnCommandsAreNotCounted(String counter, boolean told) throws Exception {
        String text = "# Commandstats\r\n" + counter + ":calls=1\r\n";
        primary.engine.on("info", "$%d\r\n%s\r\n".formatted(text.length(), text));
        assertThat(primary.answer("INFO commandstats").contains(counter)).isEqualTo(told);
    }

    @Test
    void aPrimaryShowsItsReplicas() throws Exception {
        assertThat(info(primary, "# Replication|role:slave|master_host:x|# CPU|used_cpu_sys:1"))
                .startsWith(
                        "# Replication role:master connected_slaves:1"
                                + " slave0:ip=10.0.0.1,port=6379,state=online,offset=0"
                                + " master_failover_state:no-failover master_replid:shard-n1"
                                + " master_replid2:0000000000000000000000000000000000000000"
                                + " master_repl_offset:")
                .endsWith(" second_repl_offset:-1 # CPU used_cpu_sys:1");
    }

    @Test
    void aReplicaShowsItsPrimary() throws Exception {
        assertThat(info(replica, "# Replication|role:master|connected_slaves:0|# CPU"))
                .startsWith(
                        "# Replication role:slave master_host:10.0.0.1 master_port:6379"
                                + " master_link_status:up slave_read_only:1 ")
                .endsWith("# CPU");
    }

    /// How often durability has kept a reader waiting.
    @Test
    void statsShowHowManyReadsHadToWait() throws Exception {
        primary.answer("GET k");
        assertThat(info(primary, "# Stats|total:1"))
                .matches("# Stats keepsake_reads_answered:[1-9]\\d* keepsake_reads_held:0 total:1");
    }

    @Test
    void infoIsAVerbatimStringInResp3() throws Exception {
        primary.engine.on("info", "=21\r\ntxt:cluster_enabled:0\r\n");
        assertThat(primary.answers("HELLO 3", "INFO").get(1))
                .isEqualTo("=21 txt:cluster_enabled:1");
    }

    @Test
    void anotherReplyThanInfoIsPassedOn() throws Exception {
        primary.engine.on("info", "-ERR no\r\n");
        assertThat(primary.answer("INFO")).isEqualTo("-ERR no");
    }

    // ---- COMMAND and HELP

    @Test
    void aClientSeesTheCommandsThatItMayGive() throws Exception {
        primary.engine.on("command list", "*3\r\n$3\r\nget\r\n$5\r\ndebug\r\n$4\r\nping\r\n");
        assertThat(primary.answer("COMMAND LIST")).isEqualTo("*2 $3 get $4 ping");
    }

    @Test
    void aClientSeesTheSubcommandsThatItMayGive() throws Exception {
        primary.engine.on(
                "acl help",
                "*5\r\n+ACL <subcommand> are:\r\n+LOAD\r\n+    Reload users.\r\n+CAT\r\n+    List.\r\n");
        assertThat(primary.answer("ACL HELP"))
                .isEqualTo("*3 +ACL <subcommand> are: +CAT +    List.");
        primary.engine.on("acl help", "-ERR no\r\n");
        assertThat(primary.answer("ACL HELP")).isEqualTo("-ERR no");
    }

    // ---- values

    /// A value that was decoded from RESP3 is written in types that RESP2 has too.
    @Test
    void aValueIsWrittenInBothVersionsOfResp() {
        var value =
                new RespValue.ArrayReply(
                        List.of(
                                new RespValue.IntegerReply(-1),
                                new RespValue.Bulk(new byte[] {'a'}),
                                new RespValue.SimpleString("b"),
                                new RespValue.ErrorReply("ERR c"),
                                new RespValue.Scalar("1.5"),
                                new RespValue.NullReply(),
                                new RespValue.ArrayReply(List.of())));
        var out = Unpooled.buffer();
        EngineWords.write(value, out);
        assertThat(out.toString(StandardCharsets.US_ASCII))
                .isEqualTo("*7\r\n:-1\r\n$1\r\na\r\n+b\r\n-ERR c\r\n$3\r\n1.5\r\n$-1\r\n*0\r\n");
    }
}
