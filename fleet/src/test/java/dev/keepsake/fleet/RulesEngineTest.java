package dev.keepsake.fleet;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepsake.control.ApiException;
import dev.keepsake.control.ControlUnavailableException;
import dev.keepsake.core.Secret;
import dev.keepsake.engine.EngineBinary;
import dev.keepsake.engine.EngineSpec;
import dev.keepsake.resp.RespValue;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Several engines are asked about an access string, some of which may not start.
class RulesEngineTest {
    private static final String RULES = "on ~* +@all";
    private static final RespValue TAKEN = new RespValue.SimpleString("OK");
    private static final RespValue REFUSED = new RespValue.ErrorReply("ERR Unknown command");

    private final Map<String, RespValue> answers = new LinkedHashMap<>(); // by version
    private final List<String> versions = new ArrayList<>();
    private final List<String> asked = new ArrayList<>();
    private final RulesEngine rules =
            new RulesEngine(
                    (spec, command) -> {
                        var version = requireNonNull(spec.program()).version();
                        asked.add(version);
                        assertThat(command)
                                .containsExactly(
                                        "ACL", "SETUSER", "probe", "reset", "on", "~*", "+@all");
                        var answer = answers.get(version);
                        if (answer == null) {
                            throw new IOException("it ended with status 1");
                        }
                        return answer;
                    },
                    () -> versions.stream().map(RulesEngineTest::spec).toList());

    private static EngineSpec spec(String version) {
        return new EngineSpec(
                "rules",
                Path.of("/data/engine-rules"),
                0,
                "feed",
                new Secret("x"),
                new EngineBinary(Path.of("/bin/" + version), "valkey", version),
                Map.of());
    }

    private void broken(String version) {
        versions.add(version);
    }

    private void answers(String version, RespValue answer) {
        versions.add(version);
        answers.put(version, answer);
    }

    @Test
    void whatDoesNotStartIsPassedOver() {
        broken("9.1.2");
        answers("8.1.1", TAKEN);
        rules.check(RULES);
        assertThat(asked).containsExactly("9.1.2", "8.1.1");
        rules.check(RULES);
        assertThat(asked).as("what was taken lately is not asked again").hasSize(2);
    }

    @Test
    void oneThatTakesItIsEnough() {
        answers("8.0.1", REFUSED);
        broken("8.1.1");
        answers("9.1.2", TAKEN);
        rules.check(RULES);
        assertThat(asked).containsExactly("8.0.1", "8.1.1", "9.1.2");
    }

    @Test
    void whatAnAnswerRefusesIsNotValidWhateverElseDoesNotStart() {
        broken("8.1.1");
        answers("8.0.1", REFUSED);
        assertThatThrownBy(() -> rules.check(RULES))
                .isInstanceOf(ApiException.class)
                .hasMessageContaining("AccessString is not valid: ERR Unknown command");
    }

    @Test
    void whereNoneAnswersEachIsNamed() {
        broken("8.1.1");
        broken("8.0.1");
        assertThatThrownBy(() -> rules.check(RULES))
                .isInstanceOf(ControlUnavailableException.class)
                .hasMessage(
                        "nothing was changed: no engine can check the access string: valkey 8.1.1"
                                + " (/bin/8.1.1): it ended with status 1; valkey 8.0.1 (/bin/8.0.1):"
                                + " it ended with status 1");
    }

    @Test
    void whereNoneMayBeRunItSaysSo() {
        assertThatThrownBy(() -> rules.check(RULES))
                .isInstanceOf(ControlUnavailableException.class)
                .hasMessageEndingWith(
                        "no engine can check the access string: none here may be run");
    }
}
