package dev.keepsake.control;

import static dev.keepsake.control.MemoryControl.REGION;
import static dev.keepsake.control.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DescribeClustersTest {
    private final MemoryControl control = new MemoryControl();

    @Test
    void nothingIsAnEmptyPage() {
        assertThat(page(null, null)).isEqualTo(new Page<>(List.of(), null));
    }

    @Test
    void oneClusterIsFoundByItsNameInAnyCase() {
        var cluster = control.create(Create.named("demo"));
        control.create(Create.named("other"));

        var page = control.plane.describeClusters(REGION, "Demo", null, null);

        assertThat(page.items()).containsExactly(cluster);
        assertThat(page.nextToken()).isNull();
    }

    @Test
    void aNameThatDoesNotExistInTheRegionIsNotFound() {
        control.create(Create.named("demo"));
        assertRefused(
                Fault.CLUSTER_NOT_FOUND,
                () -> control.plane.describeClusters(REGION, "nobody", null, null),
                "nobody");
        assertRefused(
                Fault.CLUSTER_NOT_FOUND,
                () -> control.plane.describeClusters("eu-west-1", "demo", null, null),
                "demo");
        assertThat(control.plane.describeClusters("eu-west-1", null, null, null).items()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 19, 101})
    void aPageHasTwentyToAHundredClusters(int size) {
        assertRefused(
                Fault.INVALID_PARAMETER_VALUE,
                () -> page(size, null),
                "MaxResults is %d; expected 20 to 100.".formatted(size));
        assertThat(page(20, null).items()).isEmpty();
        assertThat(page(100, null).items()).isEmpty();
    }

    @Test
    void aPageHasAHundredClustersUnlessAskedOtherwise() {
        create(101);
        assertThat(names(page(null, null))).hasSize(100);
        assertThat(page(null, page(null, null).nextToken()).items()).hasSize(1);
    }

    @Test
    void pagesFollowEachOtherInTheOrderOfNames() {
        create(45);
        var first = page(20, null);
        var second = page(20, first.nextToken());
        var third = page(20, second.nextToken());

        var all = new ArrayList<String>();
        List.of(first, second, third).forEach(page -> all.addAll(names(page)));
        assertThat(all).hasSize(45).isSorted().doesNotHaveDuplicates();
        assertThat(third.items()).hasSize(5);
        assertThat(third.nextToken()).isNull();
    }

    @Test
    void aPageThatIsJustFullIsTheLast() {
        create(20);
        assertThat(page(20, null).nextToken()).isNull();
    }

    @Test
    void clustersThatComeOrGoMeanwhileNeitherRepeatNorHideOthers() {
        create(60);
        var first = page(20, null); // c000 to c019
        delete("c005"); // was shown
        delete("c019"); // the one that the token names
        delete("c020"); // would have been the next
        control.create(Create.named("c010a")); // before the token
        control.create(Create.named("c021a")); // behind it

        var second = page(20, first.nextToken());

        assertThat(names(second))
                .hasSize(20)
                .startsWith("c021", "c021a", "c022")
                .doesNotContainAnyElementsOf(names(first))
                .doesNotContain("c010a");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "????", "MTph=", "OTph", "2:c005"})
    void aTokenOfSomebodyElseIsRefused(String token) {
        create(1);
        assertRefused(Fault.INVALID_PARAMETER_VALUE, () -> page(20, token), "NextToken");
    }

    private void create(int clusters) {
        IntStream.range(0, clusters)
                .forEach(i ->
                        control.create(
                                Create.with(create -> {
                                    create.clusterName = "c%03d".formatted(i);
                                    create.numReplicasPerShard = 0;
                                })));
    }

    private void delete(String name) {
        var id = control.describe(name).spec().id();
        control.decide(plane ->
                plane.clusterProvisioned(
                        id, new InstalledEngines.Installed("redis", "7.0.15"), control.now));
        control.delete(name);
        control.removed(id);
    }

    private Page<ClusterState> page(@Nullable Integer size, @Nullable String token) {
        return control.plane.describeClusters(REGION, null, size, token);
    }

    private static List<String> names(Page<ClusterState> page) {
        return page.items().stream().map(cluster -> cluster.spec().id().name()).toList();
    }
}
