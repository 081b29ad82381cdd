package dev.keepsake.control;

import static dev.keepsake.control.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TagRulesTest {
    private static final Resource USER = new Resource("us-east-1", Resource.Kind.USER, "alice");

    @Test
    void noTagsAreTagsToo() {
        assertThat(TagRules.check(null)).isEmpty();
        assertThat(TagRules.check(List.of())).isEmpty();
        assertThat(TagRules.onCreation(USER, Map.of())).isEmpty();
    }

    @Test
    void aTagWithoutValueHasAnEmptyOne() {
        assertThat(TagRules.check(List.of(tag("k", null)))).isEqualTo(Map.of("k", ""));
        assertThat(TagRules.onCreation(USER, Map.of("k", "")))
                .containsExactly(new ControlRecord.TagsChanged(USER, Map.of("k", "")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"aws:x", "AWS:x", "MemoryDB:x", "", "a;b", "a\tb"})
    void reservedAndUnreadableKeysAreRefused(String key) {
        assertRefused(Fault.INVALID_PARAMETER_VALUE, () -> TagRules.check(List.of(tag(key, "v"))));
    }

    @Test
    void keysHave128CharactersAtMostAndValues256() {
        String longest = "k".repeat(128);
        assertThat(TagRules.check(List.of(tag(longest, "v".repeat(256))))).containsKey(longest);
        assertRefused(
                Fault.INVALID_PARAMETER_VALUE,
                () -> TagRules.check(List.of(tag(longest + "k", "v"))));
        assertRefused(
                Fault.INVALID_PARAMETER_VALUE,
                () -> TagRules.check(List.of(tag("k", "v".repeat(257)))));
    }

    @Test
    void aKeyIsGivenOnceAndThereAre50AtMost() {
        assertRefused(
                Fault.INVALID_PARAMETER_VALUE,
                () -> TagRules.check(List.of(tag("k", "1"), tag("k", "2"))),
                "k is given twice");
        var tags = new ArrayList<CreateClusterRequest.Tag>();
        for (int i = 0; i < 50; i++) {
            tags.add(tag("k" + i, "v"));
        }
        assertThat(TagRules.check(tags)).hasSize(50);
        tags.add(tag("one-more", "v"));
        assertRefused(Fault.TAG_QUOTA_EXCEEDED, () -> TagRules.check(tags), "51 tags");
    }

    @ParameterizedTest
    @CsvSource({
        "keepsake:replica-lag-ms, 60000, true",
        "keepsake:replica-lag-ms, 60001, false",
        "keepsake:topology-lag-ms, 0, true",
        "keepsake:topology-lag-ms, -1, false",
        "keepsake:topology-lag-ms, soon, false",
        "keepsake:failover-mode, silent, true",
        "keepsake:failover-mode, gently, false"
    })
    void tagsOfDrillsHaveValuesThatDrillsUnderstand(String key, String value, boolean isTaken) {
        var tags = List.of(tag(key, value));
        if (isTaken) {
            assertThat(TagRules.check(tags)).containsEntry(key, value);
        } else {
            assertRefused(Fault.INVALID_PARAMETER_VALUE, () -> TagRules.check(tags), key);
        }
    }

    private static CreateClusterRequest.Tag tag(String key, @Nullable String value) {
        return new CreateClusterRequest.Tag(key, value);
    }
}
