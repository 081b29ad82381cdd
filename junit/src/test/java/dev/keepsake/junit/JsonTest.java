package dev.keepsake.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
    private static final String TEXT =
            """
            {"Clusters" : [{"Name":"a \\"b\\" \\\\ \\u00e9\\n","Port":6379,"TLS":true,"Nodes":[]},
             {"Name":"","Date":1.796083201234E9,"KmsKeyId":null,"Empty":{}} ], "Next":false}
            """;

    @Test
    void everyKindOfValueIsRead() {
        var read = Json.read(TEXT);
        var clusters = read.at("Clusters").items();
        assertThat(clusters).hasSize(2);
        assertThat(clusters.get(0).at("Name").string()).isEqualTo("a \"b\" \\ é\n");
        assertThat(clusters.get(0).at("Port").number()).isEqualTo(new BigDecimal(6379));
        assertThat(clusters.get(0).at("Nodes").items()).isEmpty();
        assertThat(clusters.get(0).at("Nodes").isPresent()).isTrue();
        assertThat(clusters.get(1).at("Date").number()).isEqualByComparingTo("1796083201.234");
        assertThat(read.at("Next").isPresent()).isTrue();
    }

    @Test
    void whatIsNullOrNotThereIsAbsent() {
        var second = Json.read(TEXT).at("Clusters").items().get(1);
        assertThat(second.at("KmsKeyId").isPresent()).isFalse();
        assertThat(second.at("NextToken").isPresent()).isFalse();
        assertThat(second.at("NextToken").at("Name").items()).isEmpty();
        assertThat(second.at("NextToken").string("none")).isEqualTo("none");
        assertThatThrownBy(() -> second.at("Empty").string())
                .isInstanceOf(KeepsakeException.class)
                .hasMessageContaining("instead of a text");
        assertThatThrownBy(() -> second.at("Name").number())
                .isInstanceOf(KeepsakeException.class)
                .hasMessageContaining("instead of a number");
    }

    @Test
    void aTextThatIsCutAnywhereIsRefused() {
        for (int cut = 0; cut < TEXT.stripTrailing().length(); cut++) {
            String part = TEXT.substring(0, cut);
            assertThatThrownBy(() -> Json.read(part))
                    .as("%d characters", cut)
                    .isInstanceOf(KeepsakeException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{} {}",
                "{1:2}",
                "[1,]",
                "{\"a\" 1}",
                "\"a\nb\"",
                "\"\\x\"",
                "\"\\u12g4\"",
                "nul",
                "+-1",
                "<html>"
            })
    void otherTextsAreRefused(String text) {
        assertThatThrownBy(() -> Json.read(text))
                .isInstanceOf(KeepsakeException.class)
                .hasMessageContaining("JSON");
    }

    @Test
    void depthIsBounded() {
        assertThatThrownBy(() -> Json.read("[".repeat(100_000)))
                .isInstanceOf(KeepsakeException.class);
    }

    @Test
    void whatIsWrittenIsReadAsTheSame() {
        var members = new TreeMap<String, Object>();
        members.put("Name", "a \"b\" \\ é\n\u0001");
        members.put("Tags", List.of(Map.of("Key", "k"), Map.of()));
        members.put("TLSEnabled", false);
        members.put("NumShards", 2);
        String written = Json.write(members);
        assertThat(written)
                .isEqualTo(
                        "{\"Name\":\"a \\\"b\\\" \\\\ é\\u000a\\u0001\",\"NumShards\":2,"
                                + "\"TLSEnabled\":false,\"Tags\":[{\"Key\":\"k\"},{}]}");
        var read = Json.read(written);
        assertThat(read.at("Name").string()).isEqualTo("a \"b\" \\ é\n\u0001");
        assertThat(read.at("Tags").items().get(0).at("Key").string()).isEqualTo("k");
    }
}
