package dev.keepsake.resp;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReplyFramerTest {
    /// One of each kind, and how they nest.
    static final List<String> REPLIES =
            List.of(
                    "+OK\r\n",
                    "+\r\n",
                    "-ERR no such key\r\n",
                    ":0\r\n",
                    ":-9223372036854775808\r\n",
                    "$0\r\n\r\n",
                    "$6\r\na\r\n\0*$\r\n",
                    "$-1\r\n",
                    "*0\r\n",
                    "*-1\r\n",
                    "*2\r\n$1\r\na\r\n:1\r\n",
                    "*3\r\n*2\r\n*0\r\n*-1\r\n$-1\r\n*1\r\n*1\r\n+deep\r\n",
                    "_\r\n",
                    "#t\r\n",
                    "#f\r\n",
                    ",1.23\r\n",
                    ",-inf\r\n",
                    ",nan\r\n",
                    "(3492890328409238509324850943850943825024385\r\n",
                    "!21\r\nSYNTAX invalid\r\nsynta\r\n",
                    "=15\r\ntxt:Some string\r\n",
                    "%0\r\n",
                    "%2\r\n+first\r\n:1\r\n*1\r\n+second\r\n%1\r\n_\r\n#t\r\n",
                    "~3\r\n+a\r\n$1\r\nb\r\n~0\r\n",
                    ">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$2\r\nhi\r\n",
                    "|1\r\n+ttl\r\n:3600\r\n$1\r\nv\r\n",
                    "|0\r\n_\r\n",
                    "*2\r\n|1\r\n+a\r\n|1\r\n+b\r\n:1\r\n:2\r\n:3\r\n:4\r\n");

    /// The lengths of all replies that are complete once each piece has arrived.
    private static List<Integer> lengths(String... pieces) {
        var framer = new ReplyFramer();
        var lengths = new ArrayList<Integer>();
        String waiting = "";
        for (String piece : pieces) {
            int moved = piece.length() % 5;
            var in = Unpooled.copiedBuffer("#".repeat(moved) + waiting + piece, ISO_8859_1);
            in.skipBytes(moved);
            for (int length = framer.parse(in); length >= 0; length = framer.parse(in)) {
                lengths.add(length);
                in.skipBytes(length);
            }
            waiting = in.toString(ISO_8859_1);
        }
        assertThat(waiting).as("left over").isEmpty();
        return lengths;
    }

    @ParameterizedTest
    @FieldSource("REPLIES")
    void aReplyEndsWhereItEndsAndNotBefore(String reply) {
        for (int cut = 0; cut < reply.length(); cut++) {
            var in = Unpooled.copiedBuffer(reply.substring(0, cut), ISO_8859_1);
            assertThat(new ReplyFramer().parse(in)).as("first %d bytes", cut).isEqualTo(-1);
        }
        var in = Unpooled.copiedBuffer(reply + "+next\r\n", ISO_8859_1);
        assertThat(new ReplyFramer().parse(in)).isEqualTo(reply.length());
        assertThat(in.readerIndex()).isZero();
    }

    @Test
    void aStreamOfRepliesIsTheSameAtEverySplit() {
        String stream = String.join("", REPLIES);
        var whole = REPLIES.stream().map(String::length).toList();
        assertThat(lengths(stream)).isEqualTo(whole);
        for (int cut = 0; cut <= stream.length(); cut++) {
            assertThat(lengths(stream.substring(0, cut), stream.substring(cut)))
                    .as("cut at %d", cut)
                    .isEqualTo(whole);
        }
        assertThat(lengths(stream.split("", -1))).as("byte by byte").isEqualTo(whole);
    }

    @Test
    void aReplyThatIsTakenAsItArrivesEndsWhereItWouldAtEverySplit() {
        String next = ":1\r\n";
        String reply = "*3\r\n$12\r\nabc\r\n$-1\r\n*\r\r\n:77\r\n$3\r\n+-:\r\n";
        for (int first = 0; first <= reply.length(); first++) {
            for (int second = first; second <= reply.length(); second++) {
                var framer = new ReplyFramer();
                var in = Unpooled.buffer();
                var taken = new StringBuilder();
                int length = -1;
                for (var piece :
                        List.of(
                                reply.substring(0, first),
                                reply.substring(first, second),
                                reply.substring(second) + next)) {
                    in.writeCharSequence(piece, ISO_8859_1);
                    length = framer.parse(in);
                    if (length < 0) {
                        int bytes = (int) Math.min(framer.announcedBytes(), in.readableBytes());
                        framer.taken(bytes);
                        taken.append(in.readCharSequence(bytes, ISO_8859_1));
                    }
                    if (length >= 0) {
                        break;
                    }
                }
                taken.append(in.readCharSequence(length, ISO_8859_1));
                assertThat(taken).as("cut at %d and %d", first, second).hasToString(reply);
            }
        }
    }

    @Test
    void pushesAndErrorsAreKnownByTheirFirstByte() {
        var in = Unpooled.copiedBuffer(">-!+", ISO_8859_1);
        assertThat(ReplyFramer.isPush(in, 0)).isTrue();
        assertThat(ReplyFramer.isPush(in, 1)).isFalse();
        assertThat(ReplyFramer.isError(in, 1)).isTrue();
        assertThat(ReplyFramer.isError(in, 2)).isTrue();
        assertThat(ReplyFramer.isError(in, 3)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "?\r\n",
                "\r\n",
                "$\r\n",
                "$\n",
                "$-\r\n",
                "$x\r\n",
                "*1x\r\n",
                "$9999999999999999999999\r\n",
                "*18446744073709551617\r\n",
                "%9223372036854775807\r\n",
                "*2\r\n:1\r\nhello\r\n"
            })
    void whatIsNoRespIsRefused(String bytes) {
        var in = Unpooled.copiedBuffer(bytes, ISO_8859_1);
        var framer = new ReplyFramer();
        assertThatThrownBy(() -> framer.parse(in)).isInstanceOf(CorruptReplyException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"$?\r\n;0\r\n", "*?\r\n.\r\n", "%?\r\n.\r\n"})
    void streamedTypesWhichNoEngineSendsAreRefused(String bytes) {
        var in = Unpooled.copiedBuffer(bytes, ISO_8859_1);
        var framer = new ReplyFramer();
        assertThatThrownBy(() -> framer.parse(in))
                .isInstanceOf(CorruptReplyException.class)
                .hasMessage("a length contains byte 63");
    }

    @ParameterizedTest
    @ValueSource(strings = {"|-1\r\n", "%-5\r\n+a\r\n", "*-2\r\n+a\r\n"})
    void aNegativeCountNeverSwallowsOrInventsAValue(String bytes) {
        var in = Unpooled.copiedBuffer(bytes, ISO_8859_1);
        int header = bytes.indexOf('\n') + 1;
        // An attribute without pairs still waits for its value; the others are nulls.
        assertThat(new ReplyFramer().parse(in)).isEqualTo(bytes.startsWith("|") ? -1 : header);
    }
}
