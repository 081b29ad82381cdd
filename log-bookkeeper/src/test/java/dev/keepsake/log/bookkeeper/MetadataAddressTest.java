package dev.keepsake.log.bookkeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MetadataAddressTest {
    @Test
    void anAddressNamesServersAndANode() {
        var address = MetadataAddress.parse("zk://one:2181,10.0.0.2:2182/keepsake/a");
        assertThat(address)
                .isEqualTo(
                        new MetadataAddress(List.of("one:2181", "10.0.0.2:2182"), "/keepsake/a"));
        assertThat(address.connectString()).isEqualTo("one:2181,10.0.0.2:2182");
        assertThat(address.serviceUri("/ledgers"))
                .isEqualTo("zk+hierarchical://one:2181;10.0.0.2:2182/ledgers");
        assertThat(address).hasToString("zk://one:2181,10.0.0.2:2182/keepsake/a");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "zk://",
                "zk://one/keepsake",
                "zk://one:2181",
                "zk://one:2181/",
                "zk://one:2181,/k",
                "zk://one:0/k",
                "zk://one:65536/k",
                "zk://one:2181/k//a",
                "zk://one:2181/../k",
                "http://one:2181/k"
            })
    void anythingElseIsRefusedWithAnExample(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MetadataAddress.parse(text))
                .withMessageContaining("zk://127.0.0.1:2181/keepsake");
    }

    @Test
    void aQuorumIsReadAndMustMakeSense() {
        assertThat(Quorum.parse("3/3/2")).isEqualTo(Quorum.standard());
        assertThat(Quorum.parse("5/3/2").least()).isEqualTo(new Quorum(2, 2, 2));
        for (var text : List.of("", "3", "3/3", "3/2/3", "2/3/2", "1/1/0", "3/3/2/1", "a/b/c")) {
            assertThatIllegalArgumentException().isThrownBy(() -> Quorum.parse(text));
        }
    }
}
