package dev.keepsake.front;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.resp.RecordedCommands;
import dev.keepsake.resp.RespValue;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClusterHelpTest {
    @ParameterizedTest
    @CsvSource({
        "redis,  7.0.15, REDIS_7_0",
        "redis,  7.2.0,  REDIS_7_2",
        "valkey, 7.2.7,  REDIS_7_2",
        "redis,  7.4.1,  REDIS_7_4",
        "redis,  8.0.2,  REDIS_7_4",
        "redis,  9.0.0,  REDIS_7_4",
        "valkey, 8.0.1,  VALKEY_8_0",
        "valkey, 9.1.2,  VALKEY_8_0",
    })
    void theHelpIsThatOfTheEngineOrOfTheNewestBeforeIt(
            String name, String version, ClusterHelp help) {
        assertThat(ClusterHelp.of(new ServedEngine(name, version, RecordedCommands.table())))
                .isEqualTo(help);
    }

    @ParameterizedTest
    @CsvSource({
        "REDIS_7_0,  <id> <ip:port> <flags> <master>",
        "REDIS_7_2,  '<id> <ip:port@bus-port[,hostname]> <flags> <master>'",
        "REDIS_7_4,  '<id> <ip:port@bus-port[,hostname]> <flags> <master>'",
        "VALKEY_8_0, '<id> <ip:port@bus-port[,hostname]> <flags> <primary>'",
    })
    void theHelpIsAnArrayOfLines(ClusterHelp help, String line) {
        var out = Unpooled.buffer();
        help.write(out);
        var lines = ((RespValue.ArrayReply) RespValue.decode(out)).items();
        assertThat(lines.getFirst())
                .isEqualTo(
                        new RespValue.SimpleString(
                                "CLUSTER <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"));
        assertThat(lines).contains(new RespValue.SimpleString("HELP"));
        assertThat(lines).anySatisfy(each -> assertThat(each.toString()).contains("    " + line));
    }
}
