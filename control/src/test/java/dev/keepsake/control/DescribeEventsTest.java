package dev.keepsake.control;

import static dev.keepsake.control.MemoryControl.REGION;
import static dev.keepsake.control.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DescribeEventsTest {
    private final MemoryControl control = new MemoryControl();
    private final Instant now = control.now;

    @Test
    void theLastHourIsShownNewestFirst() {
        happenMinutesAgo(61, 60, 30, 1, 0);
        assertThat(shown(null, null, null)).containsExactly("0", "1", "30", "60");
    }

    @Test
    void aDurationCountsMinutesBackFromNow() {
        happenMinutesAgo(61, 31, 30, 0);
        assertThat(shown(null, null, 30)).containsExactly("0", "30");
        assertThat(shown(null, null, 90)).containsExactly("0", "30", "31", "61");
    }

    @Test
    void aStartReachesUntilNow() {
        happenMinutesAgo(300, 200, 100, 0);
        assertThat(shown(ago(200), null, null)).containsExactly("0", "100", "200");
    }

    @Test
    void anEndReachesBackForAnHour() {
        happenMinutesAgo(161, 160, 101, 100, 99);
        assertThat(shown(null, ago(100), null)).containsExactly("100", "101", "160");
    }

    @Test
    void aStartAndAnEndBothBelongToThePeriod() {
        happenMinutesAgo(201, 200, 150, 100, 99);
        assertThat(shown(ago(200), ago(100), null)).containsExactly("100", "150", "200");
    }

    @Test
    void aDurationGoesOnFromAStartAndBackFromAnEnd() {
        happenMinutesAgo(201, 200, 190, 189, 100, 90, 89);
        assertThat(shown(ago(200), null, 10)).containsExactly("190", "200");
        assertThat(shown(null, ago(90), 10)).containsExactly("90", "100");
    }

    @Test
    void aPeriodThatIsNoneIsRefused() {
        assertRefused(
                Fault.INVALID_PARAMETER_COMBINATION,
                () -> shown(ago(200), ago(100), 10),
                "StartTime, EndTime and Duration");
        assertRefused(
                Fault.INVALID_PARAMETER_VALUE,
                () -> shown(ago(1), ago(2), null),
                "is after EndTime");
        assertRefused(
                Fault.INVALID_PARAMETER_VALUE,
                () -> shown(now.plusSeconds(1), null, null),
                "is after EndTime");
    }

    @Test
    void fourteenDaysCanBeSeenAndNoMore() {
        int days14 = 14 * 24 * 60;
        happenMinutesAgo(days14, 0);
        assertThat(shown(null, null, days14)).containsExactly("0", String.valueOf(days14));
        assertThat(shown(ago(days14), null, null)).hasSize(2);
        assertRefused(
                Fault.INVALID_PARAMETER_VALUE,
                () -> shown(null, null, days14 + 1),
                "Duration is 20161; expected 1 to 20160.");
        assertRefused(
                Fault.INVALID_PARAMETER_VALUE,
                () -> shown(ago(days14).minusMillis(1), null, null),
                "14 days");
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0})
    void aDurationIsAMinuteAtLeast(int minutes) {
        assertRefused(
                Fault.INVALID_PARAMETER_VALUE, () -> shown(null, null, minutes), "Duration is");
    }

    @Test
    void sourcesAreToldApartByNameAndType() {
        happen(REGION, "demo", "cluster", "of the cluster");
        happen(REGION, "other", "cluster", "of another cluster");
        happen(REGION, "demo", "user", "of a user");
        happen("eu-west-1", "demo", "cluster", "of another region");

        assertThat(from(null, null))
                .containsExactly("of a user", "of another cluster", "of the cluster");
        assertThat(from(null, "cluster")).containsExactly("of another cluster", "of the cluster");
        assertThat(from("demo", "cluster")).containsExactly("of the cluster");
        assertThat(from("demo", "user")).containsExactly("of a user");
        assertThat(from("nobody", "cluster")).isEmpty();
        assertThat(from(null, "acl")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"node", "parameter-group", "subnet-group", "cluster", "user", "acl"})
    void everySourceTypeOfTheServiceIsKnown(String type) {
        assertThat(from(null, type)).isEmpty();
    }

    @Test
    void aSourceThatIsUnclearIsRefused() {
        assertRefused(
                Fault.INVALID_PARAMETER_VALUE,
                () -> from(null, "shard"),
                "SourceType is shard; expected one of acl, cluster, node");
        assertRefused(
                Fault.INVALID_PARAMETER_COMBINATION,
                () -> from("demo", null),
                "without SourceType");
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 101})
    void aPageHasAHundredEventsAtMost(int size) {
        assertRefused(
                Fault.INVALID_PARAMETER_VALUE,
                () -> page(size, null),
                "MaxResults is %d; expected 1 to 100.".formatted(size));
    }

    @Test
    void pagesGoOnWhereTheLastOneEndedWhateverHappensMeanwhile() {
        for (int i = 0; i < 250; i++) {
            happen(REGION, "demo", "cluster", "event %03d".formatted(i));
        }
        var shown = new ArrayList<String>();
        var page = page(null, null);
        while (true) {
            page.items().forEach(event -> shown.add(event.message()));
            if (page.nextToken() == null) {
                break;
            }
            happen(REGION, "demo", "cluster", "meanwhile");
            page = page(null, page.nextToken());
        }

        assertThat(shown).hasSize(250).doesNotHaveDuplicates().doesNotContain("meanwhile");
        assertThat(shown).first().isEqualTo("event 249");
        assertThat(shown).last().isEqualTo("event 000");
    }

    @Test
    void aTokenStaysGoodWhenOldEventsAreForgotten() {
        happenMinutesAgo(3, 2, 1, 0);
        var first = page(2, null);
        assertThat(first.items()).extracting(Event::message).containsExactly("0", "1");
        // Every event that is older than this one less 14 days is dropped: "3".
        var later = now.plus(ControlState.EVENTS_KEPT).minus(Duration.ofMinutes(2));
        control.state.apply(
                new ControlRecord.EventHappened(
                        new Event(REGION, "demo", "cluster", "later", later)));
        assertThat(control.state.eventsForgotten()).isEqualTo(1);

        var second = page(2, first.nextToken());

        assertThat(second.items()).extracting(Event::message).containsExactly("2");
        assertThat(second.nextToken()).isNull();
    }

    private Page<Event> page(@Nullable Integer size, @Nullable String token) {
        return describe(new DescribeEventsRequest(null, null, null, null, null, size, token));
    }

    private List<String> shown(
            @Nullable Instant start, @Nullable Instant end, @Nullable Integer minutes) {
        return messages(new DescribeEventsRequest(null, null, start, end, minutes, null, null));
    }

    private List<String> from(@Nullable String name, @Nullable String type) {
        return messages(new DescribeEventsRequest(name, type, null, null, null, null, null));
    }

    private List<String> messages(DescribeEventsRequest request) {
        return describe(request).items().stream().map(Event::message).toList();
    }

    private Page<Event> describe(DescribeEventsRequest request) {
        return control.plane.describeEvents(REGION, request, now);
    }

    private Instant ago(int minutes) {
        return now.minus(Duration.ofMinutes(minutes));
    }

    /// One event each, oldest first, with the minutes as its message.
    private void happenMinutesAgo(int... minutes) {
        for (int each : minutes) {
            control.state.apply(
                    new ControlRecord.EventHappened(
                            new Event(REGION, "demo", "cluster", String.valueOf(each), ago(each))));
        }
    }

    private void happen(String region, String name, String type, String message) {
        control.state.apply(
                new ControlRecord.EventHappened(new Event(region, name, type, message, now)));
    }

    @Test
    void everyKindOfSourceTellsOfItself() {
        control.decide(plane ->
                plane.subnets()
                        .create(REGION, "Net", null, List.of("subnet-1"), null, control.now));
        control.decide(plane -> plane.subnets().update(REGION, "net", "other", null, control.now));
        control.decide(plane ->
                plane.parameters()
                        .create(REGION, "Mine", "memorydb_redis7", null, null, control.now));
        control.available(
                Create.with(create -> {
                    create.clusterName = "told";
                    create.parameterGroupName = "mine";
                    create.subnetGroupName = "net";
                    create.numReplicasPerShard = 0;
                }));
        update(update -> update.description = "another");
        update(update -> update.parameterGroupName = "default.memorydb-redis7");
        update(update -> update.replicaCount = 1);
        update(update -> update.replicaCount = 0);
        control.delete("told");
        new SimulatedFleet(control).finish();
        control.decide(plane -> plane.parameters().delete(REGION, "mine", control.now));
        control.decide(plane -> plane.subnets().delete(REGION, "net", control.now));

        assertThat(told("subnet-group", "NET"))
                .containsExactly(
                        "Create subnet-group net operation completed.",
                        "Update subnet-group net operation completed.",
                        "Delete subnet-group net operation completed.");
        assertThat(told("parameter-group", "mine"))
                .containsExactly(
                        "Create parameter-group mine operation completed.",
                        "Delete parameter-group mine operation completed.");
        assertThat(told("cluster", "Told"))
                .containsExactly(
                        "Cluster created.",
                        "Updated to use a ParameterGroup mine",
                        "Update cluster told operation completed.",
                        "Updated to use a ParameterGroup default.memorydb-redis7",
                        "Update cluster told operation completed.",
                        "Updated parameter group for the cluster",
                        "Modified number of nodes from 1 to 2",
                        "Removed node told-0001-002",
                        "Cluster deleted.");
        assertThat(told("node", "told-0001-001")).hasSize(1);
        assertThat(told("node", "told-0001-002"))
                .satisfiesExactly(
                        added ->
                                assertThat(added)
                                        .startsWith(
                                                "Added node told-0001-002 in Availability Zone"
                                                        + " us-east-1"),
                        removed -> assertThat(removed).isEqualTo("Removed node told-0001-002"));
    }

    private void update(Consumer<Update> change) {
        control.decide(plane ->
                plane.updateCluster(
                        Update.with(update -> {
                            update.clusterName = "told";
                            change.accept(update);
                        }),
                        REGION,
                        control.now,
                        new SplittableRandom(1)));
        new SimulatedFleet(control).finish();
    }

    private List<String> told(String type, String source) {
        var request = new DescribeEventsRequest(source, type, null, null, null, null, null);
        return control
                .plane
                .describeEvents(REGION, request, control.now)
                .items()
                .reversed()
                .stream()
                .map(Event::message)
                .toList();
    }
}
