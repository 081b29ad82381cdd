package dev.keepsake.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;

class MainTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            textBlock =
                    """
                    start --api-port -1           | --api-port is -1         | keepsake start --help
                    start --api-port x            | 'x' is not an int        | keepsake start --help
                    start --node-ports 9-8        | give FIRST-LAST          | keepsake start --help
                    start --ready-file /nowhere/ready.json | no directory /nowhere | keepsake start --help
                    start --node-addresses 127.0.1.5/24 | give 127.0.1.0/24  | keepsake start --help
                    start --node-addresses 127.0.1.0/8 | 8 bits; give one of 20 to 30 | keepsake start --help
                    start --announce-host 127.0.0.1 | is not a host name     | keepsake start --help
                    start --announce-host a_b     | is not a host name       | keepsake start --help
                    start --announce-host localhost --node-addresses 127.0.1.0/24 | omit one | keepsake start --help
                    start --log paper             | --log is paper           | keepsake start --help
                    start --log bookkeeper        | needs --metadata         | keepsake start --help
                    start --metadata zk://h:1/p   | needs --log bookkeeper   | keepsake start --help
                    start --quorum 3/3/2          | needs --log bookkeeper   | keepsake start --help
                    start --log bookkeeper --metadata http://h/p | zk://HOST:PORT | keepsake start --help
                    start --log bookkeeper --metadata zk://h:99999/p | is not a metadata address | keepsake start --help
                    start --log bookkeeper --metadata zk://h:1/p --quorum 2/3/2 | quorum 2/3/2 | keepsake start --help
                    start --log bookkeeper --metadata zk://h:1/p --ledgers-path x | is not the path of a ZooKeeper node | keepsake start --help
                    start --operator-sockets /    | others may use, too      | keepsake start --help
                    start --topology-lag-ms -1 --engine-timeout-ms 1 | --topology-lag-ms is -1; give 0 to 60000 | keepsake start --help
                    start --topology-lag-ms 60001 --engine-timeout-ms 1 | --topology-lag-ms is 60001; give 0 to 60000 | keepsake start --help
                    start --topology-lag-ms 0 --engine-timeout-ms 1 | --engine-timeout-ms is 1 | keepsake start --help
                    start --topology-lag-ms 60000 --engine-timeout-ms 1 | --engine-timeout-ms is 1 | keepsake start --help
                    start --log-format xml        | --log-format is xml; give text or json | keepsake start --help
                    start --log-level loud        | 'loud' is no level       | keepsake start --help
                    start --log-level fleets=info | no package 'fleets'      | keepsake start --help
                    drill --log-level loud        | 'loud' is no level       | keepsake drill --help
                    start --no-such-option        | '--no-such-option'       | keepsake start --help
                    drill --replicas 0            | --replicas is 0          | keepsake drill --help
                    drill --failovers many        | 'many' is not an int     | keepsake drill --help
                    drill --endpoint ::           | '::'                     | keepsake drill --help
                    drill --endpoint nowhere      | --endpoint is nowhere    | keepsake drill --help
                    drill --endpoint http:///x    | --endpoint is http:///x  | keepsake drill --help
                    drill --kill cat              | 'cat' cannot be killed   | keepsake drill --help
                    drill --kill engine --mode silent   | --kill engine never calls | keepsake drill --help
                    drill --mode handover --kill server | --kill server never calls | keepsake drill --help
                    drill --kill engine --endpoint http://h | omit --endpoint | keepsake drill --help
                    no-such-command               | 'no-such-command'        | keepsake --help
                    """)
    void aBadOptionGetsOneClearLineAndAHint(String line, String message, String hint) {
        assertThat(run(line.split(" ", -1))).isEqualTo(2);
        assertThat(err.toString().lines()).hasSize(1);
        assertThat(err.toString())
                .startsWith("keepsake: ")
                .contains(message)
                .endsWith("; see " + hint + System.lineSeparator());
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void nothingToDoIsRefusedWithWhatThereIs() {
        assertThat(run()).isEqualTo(2);
        assertThat(err.toString()).contains("start, config, drill, ca, engine or version");
    }

    @ParameterizedTest
    @CsvSource({
        "--help",
        "start --help",
        "drill --help",
        "version --help",
        "drill -h",
        "engine -h"
    })
    void helpIsThereForEveryCommand(String line) {
        assertThat(run(line.split(" ", -1))).isZero();
        assertThat(out.toString()).contains("Usage: keepsake");
        assertThat(err.toString()).isEmpty();
    }

    /// A default that the option itself refuses would be no help.
    @Test
    void theHelpOfADrillNamesNoDefaultsButTheRealOnes() {
        assertThat(run("drill", "--help")).isZero();
        assertThat(out.toString()).contains("Default: 3").doesNotContain("FAILOVER", "null");
    }

    @Test
    void theVersionComesFromTheBuild() {
        assertThat(run("version")).isZero();
        assertThat(out.toString()).containsPattern("Keepsake \\d+\\.\\d+").doesNotContain("${");
    }

    @Test
    void theVersionIsJsonForProgramsThatAsk() {
        assertThat(run("version", "--json")).isZero();
        var told = new JsonMapper().readTree(out.toString());
        assertThat(told.get("version").asString()).matches("\\d+\\.\\d+\\.\\d+(-.+)?");
        assertThat(told.get("engine").get("name").asString()).isIn("redis", "valkey");
        assertThat(told.get("engine").get("version").asString()).matches("[7-9]\\.\\d+.*");
        assertThat(told.get("java").get("version").asString())
                .isEqualTo(Runtime.version().toString());
    }

    @Test
    void aDrillWhereNobodyAnswersSaysWhereAndKeepsItsLog() throws IOException {
        assertThat(run("drill", "--endpoint", "http://127.0.0.1:1")).isEqualTo(4);
        assertThat(err.toString().lines()).hasSize(1);
        assertThat(err.toString()).contains("CreateCluster at http://127.0.0.1:1 failed");
        var told = out.toString().lines().toList().getLast();
        var log = Path.of(told.substring(told.indexOf(": ") + 2));
        assertThat(log).content().contains("DrillException");
        Logs.toNowhere(); // Lets go of the file.
        Files.delete(log);
        Files.delete(log.getParent());
    }

    private int run(String... args) {
        return Main.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
    }
}
