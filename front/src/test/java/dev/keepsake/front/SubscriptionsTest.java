package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.resp.CommandFramer;
import dev.keepsake.resp.ProtocolException;
import dev.keepsake.resp.ProtocolLimits;
import dev.keepsake.resp.RespWriter;
import io.netty.buffer.Unpooled;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SubscriptionsTest {
    private final Subscriptions subscriptions = new Subscriptions();

    @Test
    void eachChannelIsConfirmedWithTheNumberOfSubscriptions() throws ProtocolException {
        assertThat(change(2, "subscribe", "a", "b", "a"))
                .isEqualTo(
                        confirmation('*', "subscribe", "a", 1)
                                + confirmation('*', "subscribe", "b", 2)
                                + confirmation('*', "subscribe", "a", 2));
        assertThat(change(3, "psubscribe", "p*"))
                .isEqualTo(confirmation('>', "psubscribe", "p*", 3));
        assertThat(change(2, "ssubscribe", "s")).isEqualTo(confirmation('*', "ssubscribe", "s", 1));
        assertThat(change(2, "unsubscribe", "none", "a"))
                .isEqualTo(
                        confirmation('*', "unsubscribe", "none", 3)
                                + confirmation('*', "unsubscribe", "a", 2));
    }

    @Test
    void unsubscribingWithoutSubscriptionsIsConfirmedOnce() throws ProtocolException {
        assertThat(change(2, "unsubscribe")).isEqualTo("*3\r\n$11\r\nunsubscribe\r\n$-1\r\n:0\r\n");
        assertThat(change(3, "punsubscribe")).isEqualTo(">3\r\n$12\r\npunsubscribe\r\n_\r\n:0\r\n");
        assertThat(subscriptions.isEmpty()).isTrue();
    }

    @Test
    void unsubscribingFromEverythingConfirmsEachChannel() throws ProtocolException {
        change(2, "subscribe", "a", "b");
        change(2, "ssubscribe", "s");
        assertThat(change(2, "unsubscribe"))
                .isEqualTo(
                        confirmation('*', "unsubscribe", "a", 1)
                                + confirmation('*', "unsubscribe", "b", 0));
        assertThat(subscriptions.count("subscribe")).isZero();
        assertThat(subscriptions.count("ssubscribe")).isOne();
    }

    @Test
    void anEngineGetsEachNameOnceAndUnchanged() throws ProtocolException {
        change(2, "subscribe", "a", "\u00ff\u0000", "a");
        change(2, "psubscribe", "gone");
        change(2, "punsubscribe");
        change(2, "ssubscribe", "s");
        var out = Unpooled.buffer();
        subscriptions.writeCommands(out);
        assertThat(out.toString(ISO_8859_1))
                .isEqualTo(
                        lines("*3", "$9", "subscribe", "$1", "a", "$2", "\u00ff\u0000")
                                + lines("*2", "$10", "ssubscribe", "$1", "s"));
        assertThat(subscriptions.confirmations()).isEqualTo(3);
    }

    @Test
    void aRemovedNameMakesRoom() throws ProtocolException {
        change(2, "subscribe", "a", "a", "bc");
        assertThat(subscriptions.weightBytes()).isGreaterThan(3);
        change(2, "unsubscribe", "a", "bc", "bc");
        assertThat(subscriptions.weightBytes()).isZero();
    }

    @Test
    void subscriptionsOfAnEngineAreSentToTheNextAndCanBeEnded() throws ProtocolException {
        var names = new HashSet<>(Set.of("a"));
        var taken = Subscriptions.of(Map.of("subscribe", names, "psubscribe", Set.of()));
        names.clear();
        change(2, "subscribe", "a");
        assertThat(taken.weightBytes()).isEqualTo(subscriptions.weightBytes()).isPositive();
        assertThat(taken.confirmations()).isOne();
        var out = Unpooled.buffer();
        taken.writeCommands(out);
        assertThat(out.toString(ISO_8859_1)).isEqualTo(lines("*2", "$9", "subscribe", "$1", "a"));
    }

    private static String lines(String... lines) {
        return String.join("\r\n", lines) + "\r\n";
    }

    private static String confirmation(char type, String command, String channel, int count) {
        return "%c3\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n:%d\r\n"
                .formatted(type, command.length(), command, channel.length(), channel, count);
    }

    private String change(int protocol, String... words) throws ProtocolException {
        var in = Unpooled.buffer();
        var bytes = new byte[words.length][];
        for (int i = 0; i < words.length; i++) {
            bytes[i] = words[i].getBytes(ISO_8859_1);
        }
        RespWriter.command(in, bytes);
        var framer = new CommandFramer(ProtocolLimits.standard());
        framer.parse(in);
        var out = Unpooled.buffer();
        subscriptions.change(words[0], Arguments.of(in, 0, framer.frame()), protocol, out);
        return out.toString(ISO_8859_1);
    }
}
