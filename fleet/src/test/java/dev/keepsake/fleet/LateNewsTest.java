package dev.keepsake.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.core.SlotRange;
import dev.keepsake.front.Topology;
import dev.keepsake.front.TopologyNode;
import dev.keepsake.front.TopologyShard;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LateNewsTest {
    private static final long LAG_NS = 1_000;

    private final LateNews news = new LateNews();
    private final List<TopologyShard> shards =
            new ArrayList<>(List.of(shard(1, "a", "b", "c"), shard(2, "d", "e")));
    private long version;
    private long nowNs = Long.MAX_VALUE - 500; // the monotonic clock may wrap

    private static TopologyShard shard(int number, String primary, String... replicas) {
        var others = new ArrayList<TopologyNode>();
        for (var replica : replicas) {
            others.add(node(replica, TopologyNode.Role.REPLICA));
        }
        return new TopologyShard(
                "000" + number,
                "id" + number,
                SlotRange.split(2).get(number - 1),
                node(primary, TopologyNode.Role.PRIMARY),
                others);
    }

    private static TopologyNode node(String name, TopologyNode.Role role) {
        return new TopologyNode(
                name, "id-" + name, "127.0.0.1", null, 7000, role, TopologyNode.Health.ONLINE);
    }

    private LateNews.Views report(Set<String> lead) {
        version++;
        return news.report(new Topology(version, shards), lead, LAG_NS, nowNs);
    }

    private LateNews.Views report() {
        return report(Set.of("0001", "0002"));
    }

    private static String primarySeenBy(LateNews.Views views, String node, int shard) {
        return views.of(node).shards().get(shard - 1).primary().name();
    }

    @Test
    void theNewPrimaryAndTheFormerKnowAtOnceAndTheOthersLater() {
        report();
        shards.set(0, shard(1, "b", "a", "c"));
        var views = report();

        assertThat(primarySeenBy(views, "a", 1)).isEqualTo("b");
        assertThat(primarySeenBy(views, "b", 1)).isEqualTo("b");
        assertThat(primarySeenBy(views, "c", 1)).isEqualTo("a");
        assertThat(primarySeenBy(views, "d", 1)).isEqualTo("a");
        assertThat(views.of("e").version()).isEqualTo(2);
        assertThat(news.nextInNs(nowNs)).hasValue(LAG_NS);

        nowNs += LAG_NS - 1;
        assertThat(primarySeenBy(report(), "d", 1)).isEqualTo("a");
        nowNs++;
        assertThat(primarySeenBy(report(), "d", 1)).isEqualTo("b");
        assertThat(news.nextInNs(nowNs)).isEmpty();
    }

    @Test
    void theFirstPictureIsTheTruth() {
        shards.set(0, shard(1, "b", "a", "c"));

        assertThat(primarySeenBy(report(), "d", 1)).isEqualTo("b");
    }

    @Test
    void whoeverLeadsFirstIsNoNews() {
        report(Set.of("0002"));
        shards.set(0, shard(1, "b", "a", "c"));

        assertThat(primarySeenBy(report(), "d", 1)).isEqualTo("b");
    }

    @Test
    void eachShardIsLateByItself() {
        report();
        shards.set(0, shard(1, "b", "a", "c"));
        report();
        nowNs += LAG_NS / 2;
        shards.set(1, shard(2, "e", "d"));
        var views = report();

        assertThat(primarySeenBy(views, "b", 2)).isEqualTo("d");
        assertThat(primarySeenBy(views, "e", 1)).isEqualTo("a");
        nowNs += LAG_NS / 2;
        views = report();
        assertThat(primarySeenBy(views, "e", 1)).isEqualTo("b");
        assertThat(primarySeenBy(views, "b", 2)).isEqualTo("d");
    }

    @Test
    void aSecondChangeGetsAroundWithAllOfItsTime() {
        report();
        shards.set(0, shard(1, "b", "a", "c"));
        report();
        nowNs += LAG_NS - 1;
        shards.set(0, shard(1, "c", "a", "b"));
        report();
        nowNs += LAG_NS - 1;

        assertThat(primarySeenBy(report(), "d", 1)).isEqualTo("a");
        nowNs++;
        assertThat(primarySeenBy(report(), "d", 1)).isEqualTo("c");
    }

    @Test
    void aShardWithOtherNodesIsShownAsItIs() {
        report();
        shards.set(0, shard(1, "b", "a", "c"));
        report();
        shards.set(0, shard(1, "b", "a"));

        assertThat(primarySeenBy(report(), "d", 1)).isEqualTo("b");
    }

    @Test
    void withoutALagEverybodyKnowsAtOnce() {
        report();
        shards.set(0, shard(1, "b", "a", "c"));
        var views = news.report(new Topology(9, shards), Set.of("0001", "0002"), 0, nowNs);

        assertThat(primarySeenBy(views, "d", 1)).isEqualTo("b");
        assertThat(views.special()).isEmpty();
    }
}
