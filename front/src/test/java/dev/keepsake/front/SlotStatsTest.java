package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.core.SlotRange;
import dev.keepsake.resp.CommandFramer;
import dev.keepsake.resp.ProtocolException;
import dev.keepsake.resp.ProtocolLimits;
import dev.keepsake.resp.RespWriter;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SlotStatsTest {
    private static final SlotRange OWNED = SlotRange.parse("100-102");

    private static SlotStats.Question question(String line) throws ProtocolException {
        var in = Unpooled.buffer();
        RespWriter.command(in, ("CLUSTER SLOT-STATS " + line).split(" ", -1));
        var framer = new CommandFramer(ProtocolLimits.standard());
        framer.parse(in);
        return SlotStats.of(Arguments.of(in, 0, framer.frame()), OWNED);
    }

    /// For slot 101 with two keys and slot 102 with one.
    private static String answer(String line, int protocol) throws ProtocolException {
        if (!(question(line) instanceof SlotStats.Asked(SlotStats stats))) {
            throw new AssertionError(line + ": " + question(line));
        }
        for (int slot : new int[] {101, 102, 101, 99, 16383}) {
            if (stats.wants(slot)) {
                stats.visit(slot, new byte[0]);
            }
        }
        var out = Unpooled.buffer();
        stats.write(protocol, out);
        return out.toString(UTF_8).replace("\r\n", " ").strip();
    }

    @Test
    void aSlotIsShownWithTheNumberOfItsKeys() throws Exception {
        assertThat(answer("SLOTSRANGE 101 101", 2)).isEqualTo("*1 *2 :101 *2 $9 key-count :2");
        assertThat(answer("SLOTSRANGE 101 101", 3)).isEqualTo("*1 *2 :101 %1 $9 key-count :2");
    }

    @ParameterizedTest
    @CsvSource({
        "SLOTSRANGE 0 16383, 100 101 102",
        "SLOTSRANGE 101 16383, 101 102",
        "slotsrange 0 99, ''",
        "SLOTSRANGE 103 200, ''",
        "ORDERBY key-count, 101 102 100",
        "ORDERBY key-count DESC, 101 102 100",
        "orderby KEY-COUNT asc, 100 102 101",
        "ORDERBY key-count LIMIT 1, 101",
        "ORDERBY key-count LIMIT 16384 ASC, 100 102 101",
    })
    void slotsOfTheShardAreShown(String line, String slots) throws Exception {
        var found =
                answer(line, 2).replaceAll("^\\*\\d+ ?|\\*2 :(\\d+) \\*2 \\S+ \\S+ :\\d+", "$1");
        assertThat(found.strip()).isEqualTo(slots);
    }

    @ParameterizedTest
    @CsvSource({
        "SLOTSRANGE 5 4, ERR Start slot number 5 is greater than end slot number 4",
        "SLOTSRANGE 0 16384, ERR Invalid or out of range slot",
        "SLOTSRANGE x 1, ERR Invalid or out of range slot",
        "SLOTSRANGE -1 1, ERR Invalid or out of range slot",
        "ORDERBY cpu-usec, ERR Unrecognized sort metric for ORDERBY.",
        "ORDERBY key-count LIMIT 0, ERR Limit has to lie in between 1 and 16384 (maximum number of slots).",
        "ORDERBY key-count LIMIT x, ERR Limit has to lie in between 1 and 16384 (maximum number of slots).",
        "ORDERBY key-count LIMIT, ERR syntax error",
        "ORDERBY key-count SIDEWAYS, ERR syntax error",
        "ORDERBY key-count ASC DESC, ERR Multiple filters of the same type are disallowed.",
        "ORDERBY key-count LIMIT 1 LIMIT 1, ERR Multiple filters of the same type are disallowed.",
    })
    void aMalformedCommandIsRefused(String line, String error) throws Exception {
        assertThat(question(line)).isEqualTo(new SlotStats.Malformed(error));
    }

    @Test
    void anUnknownSubcommandIsRefused() throws Exception {
        assertThat(question("UPSIDE DOWN"))
                .isInstanceOfSatisfying(
                        SlotStats.Malformed.class,
                        refused ->
                                assertThat(refused.error())
                                        .startsWith("ERR unknown subcommand or wrong number"));
    }
}
