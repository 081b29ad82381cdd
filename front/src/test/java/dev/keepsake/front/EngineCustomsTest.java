package dev.keepsake.front;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Tools read CLIENT LIST by the fields, and their order, of the server that they know.
class EngineCustomsTest {
    private static final String OF_REDIS_7 =
            "id addr laddr fd name age idle flags db sub psub ssub multi qbuf qbuf-free argv-mem"
                    + " multi-mem rbs rbp obl oll omem tot-mem events cmd user redir resp lib-name"
                    + " lib-ver";

    /// The fields of a client's line, with an engine that answers like this.
    private String fields(Consumer<ScriptedEngine> engine) throws Exception {
        try (var node = new TestFront()) {
            engine.accept(node.engine);
            node.serveDurably();
            return node.answer("CLIENT INFO").replaceFirst("\\$\\d+ ", "").replaceAll("=\\S*", "");
        }
    }

    private static String bulk(String text) {
        return "$%d\r\n%s\r\n".formatted(text.length(), text);
    }

    @Test
    void aLineHasTheFieldsOfTheEngineInItsOrder() throws Exception {
        assertThat(fields(e -> e.on("client info", bulk("id=3 name= addr=x:0 lib-ver= watch=0\n"))))
                .isEqualTo("id name addr lib-ver watch lib-name");
    }

    @Test
    void anUnknownFieldIsLeftOut() throws Exception {
        assertThat(fields(e -> e.on("client info", bulk("id=3 fancy=7 user=default\n"))))
                .isEqualTo("id user lib-name lib-ver");
    }

    /// Busy with a script, or without CLIENT INFO: the known format remains valid.
    @ParameterizedTest
    @ValueSource(strings = {"-BUSY x\r\n", "+OK\r\n", "$0\r\n\r\n", "$7\r\nno line\r\n", "*0\r\n"})
    void anEngineThatDoesNotAnswerChangesNothing(String reply) throws Exception {
        assertThat(fields(e -> e.on("client info", reply))).isEqualTo(OF_REDIS_7);
    }

    @Test
    void aLineWithTooManyFieldsIsIgnored() throws Exception {
        String endless =
                IntStream.range(0, 200)
                        .mapToObj(i -> "f" + i + "=1")
                        .collect(Collectors.joining(" "));
        assertThat(fields(e -> e.on("client info", bulk("id=1 " + endless)))).isEqualTo(OF_REDIS_7);
    }

    @Test
    void beforeAnEngineHasAnsweredALineIsThatOfRedis7() throws Exception {
        try (var node = new TestFront()) {
            assertThat(
                            node.answer("CLIENT INFO")
                                    .replaceFirst("\\$\\d+ ", "")
                                    .replaceAll("=\\S*", ""))
                    .isEqualTo(OF_REDIS_7);
        }
    }

    @Test
    void helloNamesTheModulesOfTheEngine() throws Exception {
        try (var node = new TestFront()) {
            node.engine.on(
                    "hello",
                    "*4 $6 server $5 redis $7 modules *1 *4 $4 name $4 json $3 ver :20 "
                            .replace(" ", "\r\n"));
            node.serveDurably();
            assertThat(node.answer("HELLO"))
                    .endsWith("$7 modules *1 *4 $4 name $4 json $3 ver :20");
            assertThat(node.answer("HELLO 3"))
                    .endsWith("$7 modules *1 %2 $4 name $4 json $3 ver :20");
        }
    }
}
