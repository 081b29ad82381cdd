package dev.keepsake.resp;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.resp.CommandSpec.Effect;
import dev.keepsake.resp.CommandSpec.Handling;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CommandTableTest {
    private static final CommandTable TABLE = RecordedCommands.table();

    private static Commands line(String line) {
        return new Commands(TABLE, line);
    }

    @Test
    void everyRowIsFoundByItsNameAndOnTheWire() {
        assertThat(TABLE.all()).hasSizeGreaterThan(300);
        for (var spec : TABLE.all()) {
            assertThat(TABLE.find(spec.name().toUpperCase(Locale.ROOT))).isSameAs(spec);
            assertThat(line(spec.name().replace('|', ' ')).spec()).isSameAs(spec);
        }
    }

    @Test
    void namesAreLowerCaseAndSubcommandsHaveTheirCommand() {
        for (var spec : TABLE.all()) {
            assertThat(spec.name()).isEqualTo(spec.name().toLowerCase(Locale.ROOT));
            int bar = spec.name().indexOf('|');
            if (bar >= 0) {
                assertThat(TABLE.find(spec.name().substring(0, bar))).isNotNull();
            }
        }
    }

    @Test
    void namesAreReadInAnyCase() {
        assertThat(line("gEt k").known()).hasToString("get");
        assertThat(line("Object ENCODING k").known()).hasToString("object|encoding");
    }

    @ParameterizedTest
    @CsvSource({
        "GET encoding,get",
        "OBJECT,object",
        "OBJECT '',object",
        "OBJECT nonsense k,object",
        "CONFIG SET a b,config|set",
        "ACL WHOAMI,acl|whoami"
    })
    void aSubcommandIsResolvedWhenItIsKnown(String line, String name) {
        assertThat(line(line).known()).hasToString(name);
    }

    @ParameterizedTest
    @ValueSource(strings = {"NONSENSE", "''", "GETT k", "GE T", "client|list", "CONFIG|GET x", "|"})
    void whatIsNoCommandIsUnknown(String line) {
        assertThat(line(line).spec()).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"GET k", "SET k v", "SET k v EX 1", "PING", "PING x", "XGROUP CREATE k g $"})
    void aRightArgumentCountIsAccepted(String line) {
        assertThat(line(line).isWellFormed()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "GET k x", "SET k", "XGROUP CREATE k g", "MULTI x", "OBJECT"})
    void aWrongArgumentCountIsNot(String line) {
        assertThat(line(line).isWellFormed()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "BLPOP k 0,true",
        "XREAD BLOCK 0 STREAMS k $,true",
        "XREAD COUNT 1 block 0 STREAMS k $,true",
        "XREAD STREAMS k $,false",
        "LPOP k,false",
        "SET k BLOCK,false"
    })
    void aCommandMayWaitForData(String line, boolean blocks) {
        assertThat(line(line).blocks()).isEqualTo(blocks);
    }

    @Test
    void aRowSaysWhatACommandDoesAndWhoAnswersIt() {
        var get = requireNonNull(TABLE.find("get"));
        assertThat(get.effect()).isEqualTo(Effect.READ);
        assertThat(get.handling()).isEqualTo(Handling.SHARED_LANE);
        assertThat(get.hasKeys()).isTrue();
        assertThat(get.arity()).isEqualTo(2);
        var keys = requireNonNull(TABLE.find("keys"));
        assertThat(keys.effect()).isEqualTo(Effect.SCAN);
        assertThat(keys.hasKeys()).isFalse();
        assertThat(requireNonNull(TABLE.find("eval")).effect()).isEqualTo(Effect.OPAQUE);
        assertThat(requireNonNull(TABLE.find("blpop")).handling()).isEqualTo(Handling.OWN_LANE);
        assertThat(requireNonNull(TABLE.find("auth")).handling()).isEqualTo(Handling.FRONT);
        assertThat(requireNonNull(TABLE.find("config|set")).handling())
                .isEqualTo(Handling.WITHHELD);
        assertThat(requireNonNull(TABLE.find("swapdb")).handling()).isEqualTo(Handling.REFUSED);
        assertThat(TABLE.find("nonsense")).isNull();
    }

    /// `SORT_RO k GET other:*` tells what is in keys that it does not name.
    @Test
    void sortingIsNoPlainRead() {
        assertThat(line("SORT_RO k GET other:*").known().effect()).isEqualTo(Effect.SCAN);
        assertThat(line("SORT k").known().effect()).isEqualTo(Effect.OPAQUE);
    }

    @Test
    void whatWritesNamesTheKeysItWrites() {
        for (var spec : TABLE.all()) {
            if (spec.effect() == Effect.READ || spec.effect() == Effect.WRITE) {
                assertThat(spec.hasKeys()).as(spec.name()).isTrue();
            }
        }
    }
}
