package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepsake.resp.CommandFramer;
import dev.keepsake.resp.ProtocolException;
import dev.keepsake.resp.ProtocolLimits;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;

/// The slot of `a` is 15495 and that of `b` 3300.
class CommandTest {
    @Test
    void argumentsAreShownWithoutACopy() {
        var bytes = Unpooled.copiedBuffer("*1\r\n$4\r\nPING\r\n", US_ASCII);
        int base = bytes.writerIndex();
        bytes.writeBytes(Commands.bytes("SET", "a", "value"));
        bytes.readerIndex(base);
        var command = Commands.of(Commands.TABLE, bytes);
        assertThat(command.name()).isEqualTo("set");
        assertThat(command.argumentCount()).isEqualTo(3);
        assertThat(command.knownCount()).isEqualTo(3);
        assertThat(command.text(2)).isEqualTo("value");
        assertThat(command.text(2, 3)).isEqualTo("val");
        assertThat(command.argument(2).toString(US_ASCII)).isEqualTo("value");
        assertThat(command.begins(2, new byte[] {'v', 'a'})).isTrue();
        assertThat(command.begins(2, new byte[] {'v', 'b'})).isFalse();
        assertThat(command.begins(1, new byte[] {'a', 'b'})).isFalse();
        assertThat(command.bytes()).isEqualTo(Commands.bytes("SET", "a", "value"));
        assertThat(command.lengthBytes()).isEqualTo(bytes.readableBytes());
        var copy = Unpooled.buffer();
        command.writeTo(copy);
        assertThat(copy).isEqualTo(command.bytes());
        assertThat(command.arguments().texts()).containsExactly("set", "a", "value");
    }

    @Test
    void theNameOfASubcommandIncludesItsCommand() {
        assertThat(Commands.of("OBJECT", "Encoding", "a").name()).isEqualTo("object|encoding");
    }

    @Test
    void aCommandThatTheTableDoesNotHaveIsUnknown() {
        var unknown = Commands.of("NOSUCH", "x");
        assertThat(unknown.isKnown()).isFalse();
        assertThatThrownBy(unknown::spec).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aCommandHasTheSlotAndTheHashesOfItsKeys() {
        var one = Commands.of("GET", "a");
        assertThat(one.slot()).isEqualTo(15495);
        assertThat(one.onlyKeyHash()).isNotZero();
        assertThat(one.keyHashes()).isNull();
        var several = Commands.of("MGET", "{a}1", "{a}2");
        assertThat(several.slot()).isEqualTo(15495);
        assertThat(several.isAcrossSlots()).isFalse();
        assertThat(several.keyCount()).isEqualTo(2);
        assertThat(several.keyHash(0)).isNotEqualTo(several.keyHash(1));
        assertThat(several.onlyKeyHash()).isZero();
        assertThat(several.keyHashes()).isNotNull();
        var none = Commands.of("PING");
        assertThat(none.slot()).isEqualTo(Command.NO_SLOT);
        assertThat(none.onlyKeyHash()).isZero();
    }

    @Test
    void keysInSeveralSlotsAreNoticedAndTheFirstSlotIsNamed() {
        var command = Commands.of("MGET", "a", "b", "{b}2");
        assertThat(command.isAcrossSlots()).isTrue();
        assertThat(command.slot()).isEqualTo(15495);
        assertThat(command.keyCount()).isEqualTo(3);
    }

    @Test
    void theKeysOfTheCommandBeforeAreForgotten() throws ProtocolException {
        var framer = new CommandFramer(ProtocolLimits.standard());
        var command = new Command(Commands.TABLE, framer.frame());
        var bytes = Commands.bytes("MGET", "a", "b");
        framer.parse(bytes);
        assertThat(command.at(bytes, 0).isAcrossSlots()).isTrue();
        bytes = Commands.bytes("GET", "b");
        framer.parse(bytes);
        assertThat(command.at(bytes, 0).slot()).isEqualTo(3300);
        assertThat(command.isAcrossSlots()).isFalse();
        assertThat(command.keyCount()).isEqualTo(1);
        bytes = Commands.bytes("PING");
        framer.parse(bytes);
        assertThat(command.at(bytes, 0).slot()).isEqualTo(Command.NO_SLOT);
    }

    @Test
    void theArgumentsThatAreKeysAreKnown() {
        var keys = Commands.of("EVAL", "return 1", "2", "a", "b", "c").keyArguments();
        assertThat(keys.test(2)).isFalse();
        assertThat(keys.test(3)).isTrue();
        assertThat(keys.test(4)).isTrue();
        assertThat(keys.test(5)).isFalse();
        assertThat(Commands.of("PING", "a").keyArguments().test(1)).isFalse();
    }

    @Test
    void anOptionMayMakeACommandWaitForData() {
        assertThat(Commands.of("BLPOP", "a", "0").blocks()).isTrue();
        assertThat(Commands.of("XREAD", "STREAMS", "a", "0").blocks()).isFalse();
        assertThat(Commands.of("XREAD", "BLOCK", "0", "STREAMS", "a", "0").blocks()).isTrue();
    }

    @Test
    void aCommandWeighsTwiceItsLengthInATransaction() {
        var command = Commands.of("SET", "a", "value");
        assertThat(command.weightBytes()).isEqualTo(2L * command.lengthBytes());
    }
}
