package dev.keepsake.control;

import static dev.keepsake.control.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClusterRequestsTest {
    private static final String TOPOLOGY_LAG = "keepsake:topology-lag-ms";
    private static final Instant NOW = Instant.parse("2021-08-22T12:00:00Z");
    private static final Pattern WINDOW =
            Pattern.compile("([a-z]{3}):(\\d\\d:\\d\\d)-([a-z]{3}):(\\d\\d:\\d\\d)");

    // ---- names

    @ParameterizedTest
    @ValueSource(strings = {"a", "demo", "a1", "a-b", "my-cluster-2", "a-1-b"})
    void aNameMadeOfLettersDigitsAndSingleHyphensIsTaken(String name) {
        assertThat(checked(create -> create.clusterName = name).id().name()).isEqualTo(name);
    }

    @Test
    void aNameIsKeptInLowerCase() {
        assertThat(checked(create -> create.clusterName = "myRedis6x").id().name())
                .isEqualTo("myredis6x");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1a", "-a", "a-", "a--b", "a_b", "a.b", "a b", " a", "a\n", "ä", "a/b", "../a"
            })
    void aNameOutsideThePatternIsRefused(String name) {
        refused(
                Fault.INVALID_PARAMETER_VALUE,
                create -> create.clusterName = name,
                "ClusterName " + name);
    }

    @Test
    void aNameHasFortyCharactersAtMost() {
        String longest = "a".repeat(40);
        assertThat(checked(create -> create.clusterName = longest).id().name()).isEqualTo(longest);
        refused(
                Fault.INVALID_PARAMETER_VALUE,
                create -> create.clusterName = longest + "a",
                "1 to 40");
    }

    // ---- what has to be given

    @ParameterizedTest
    @ValueSource(strings = {"ClusterName", "NodeType", "ACLName"})
    void aRequiredMemberThatIsMissingOrBlankIsNamed(String member) {
        for (var value : new String[] {null, "", " "}) {
            refused(
                    Fault.INVALID_PARAMETER_VALUE,
                    create -> {
                        switch (member) {
                            case "ClusterName" -> create.clusterName = value;
                            case "NodeType" -> create.nodeType = value;
                            default -> create.aclName = value;
                        }
                    },
                    member + " is required.");
        }
    }

    @Test
    void whatIsNotGivenHasTheDefaultsOfTheService() {
        var spec = checked(create -> {});

        assertThat(spec.shards()).hasSize(1);
        assertThat(spec.shards().getFirst().nodes()).hasSize(2);
        assertThat(spec.requestedPort()).isEqualTo(6379);
        assertThat(spec.engine()).isEqualTo("redis");
        assertThat(spec.engineVersion()).startsWith("7.");
        assertThat(spec.parameterGroupName()).isEqualTo("default.memorydb-redis7");
        assertThat(spec.subnetGroupName()).isEqualTo("default");
        assertThat(spec.snapshotRetentionLimit()).isZero();
        assertThat(spec.autoMinorVersionUpgrade()).isTrue();
        assertThat(spec.tlsEnabled()).isTrue();
        assertThat(spec.securityGroupIds()).isEmpty();
        assertThat(spec.tags()).isEmpty();
        assertThat(spec.description()).isNull();
        assertThat(spec.aclName()).isEqualTo("open-access");
    }

    @ParameterizedTest
    @CsvSource({ // the first and the last hour of each region's block
        "us-east-1, 03:00, 10:00",
        "us-east-2, 04:00, 11:00",
        "us-west-2, 06:00, 13:00",
        "eu-west-1, 22:00, 05:00",
        "eu-west-3, 00:00, 06:00",
        "eu-central-1, 23:00, 06:00",
        "ap-south-1, 17:30, 00:30",
        "ap-northeast-1, 13:00, 20:00",
        "sa-east-1, 01:00, 08:00",
        "eu-north-1, 23:00, 06:00", // not on the service's page: as its neighbours
        "moon-1, 03:00, 10:00"
    })
    void windowsThatAreNotGivenAreAnHourLongOnAHalfHourAndWithinTheRegionsBlock(
            String region, String first, String last) {
        var begins = new TreeSet<Integer>();
        int firstMinute = minute(first);
        for (int seed = 0; seed < 300; seed++) {
            var spec =
                    Create.spec(Create.with(create -> {}), region, NOW, new SplittableRandom(seed));
            var window = WINDOW.matcher(spec.maintenanceWindow());
            assertThat(window.matches()).as(spec.maintenanceWindow()).isTrue();
            int begin = minute(window.group(2));
            int end = minute(window.group(4));
            assertThat(Math.floorMod(end - begin, 1440)).isEqualTo(60);
            assertThat(window.group(3))
                    .isEqualTo(end < begin ? dayAfter(window.group(1)) : window.group(1));
            begins.add(Math.floorMod(begin - firstMinute, 1440));
            assertThat(spec.snapshotWindow())
                    .matches("([01]\\d|2[0-3]):[03]0-([01]\\d|2[0-3]):[03]0");
            // They are windows that a request may name, too.
            var again =
                    checked(create -> {
                        create.maintenanceWindow = spec.maintenanceWindow();
                        create.snapshotWindow = spec.snapshotWindow();
                    });
            assertThat(again.maintenanceWindow()).isEqualTo(spec.maintenanceWindow());
            assertThat(again.snapshotWindow()).isEqualTo(spec.snapshotWindow());
        }
        assertThat(begins.first()).isZero();
        assertThat(begins.last()).isEqualTo(Math.floorMod(minute(last) - firstMinute, 1440));
        assertThat(begins).allMatch(after -> after % 30 == 0);
    }

    private static int minute(String clock) {
        return 60 * Integer.parseInt(clock.substring(0, 2)) + Integer.parseInt(clock.substring(3));
    }

    private static String dayAfter(String day) {
        var days = List.of("mon", "tue", "wed", "thu", "fri", "sat", "sun");
        return days.get((days.indexOf(day) + 1) % 7);
    }

    @Test
    void whatIsGivenIsKept() {
        var spec =
                checked(create -> {
                    create.nodeType = "db.r7g.16xlarge";
                    create.description = "for tests";
                    create.numShards = 3;
                    create.numReplicasPerShard = 5;
                    create.port = 7777;
                    create.engine = "valkey";
                    create.engineVersion = "7.3";
                    create.parameterGroupName = "default.memorydb-valkey7";
                    create.subnetGroupName = "default";
                    create.securityGroupIds = List.of("sg-1", "sg-2");
                    create.maintenanceWindow = "SUN:23:00-Mon:00:30";
                    create.snapshotWindow = "23:30-00:30";
                    create.snapshotRetentionLimit = 0;
                    create.autoMinorVersionUpgrade = false;
                    create.tlsEnabled = false;
                    create.dataTiering = false;
                    create.networkType = "ipv4";
                    create.ipDiscovery = "ipv4";
                });

        assertThat(spec.nodeType()).isEqualTo("db.r7g.16xlarge");
        assertThat(spec.description()).isEqualTo("for tests");
        assertThat(spec.shards()).hasSize(3).allMatch(shard -> shard.nodes().size() == 6);
        assertThat(spec.requestedPort()).isEqualTo(7777);
        assertThat(spec.engine()).isEqualTo("valkey");
        assertThat(spec.engineVersion()).isEqualTo("7.3");
        assertThat(spec.parameterGroupName()).isEqualTo("default.memorydb-valkey7");
        assertThat(spec.securityGroupIds()).containsExactly("sg-1", "sg-2");
        assertThat(spec.maintenanceWindow()).isEqualTo("sun:23:00-mon:00:30");
        assertThat(spec.snapshotWindow()).isEqualTo("23:30-00:30");
        assertThat(spec.autoMinorVersionUpgrade()).isFalse();
        assertThat(spec.tlsEnabled()).isFalse();
    }

    // ---- numbers

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 18, 90})
    void aClusterHasAsManyShardsAsAskedFor(int shards) {
        var spec =
                checked(create -> {
                    create.numShards = shards;
                    create.numReplicasPerShard = 0;
                });
        assertThat(spec.shards()).hasSize(shards);
    }

    @ParameterizedTest
    @ValueSource(ints = {Integer.MIN_VALUE, -1, 0})
    void fewerThanOneShardIsRefused(int shards) {
        refused(
                Fault.INVALID_PARAMETER_VALUE,
                create -> create.numShards = shards,
                "NumShards is %d; expected 1 to 500.".formatted(shards));
    }

    @ParameterizedTest
    @ValueSource(ints = {501, Integer.MAX_VALUE})
    void moreThanFiveHundredShardsExceedTheQuotaOfShards(int shards) {
        refused(
                Fault.SHARDS_PER_CLUSTER_QUOTA_EXCEEDED,
                create -> {
                    create.numShards = shards;
                    create.numReplicasPerShard = 0;
                },
                "%d shards".formatted(shards),
                "at most 500");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 5})
    void aShardHasOneNodeMoreThanReplicas(int replicas) {
        var spec = checked(create -> create.numReplicasPerShard = replicas);
        assertThat(spec.shards().getFirst().nodes()).hasSize(replicas + 1);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 6, Integer.MAX_VALUE})
    void replicasOutsideZeroToFiveAreRefused(int replicas) {
        refused(
                Fault.INVALID_PARAMETER_VALUE,
                create -> create.numReplicasPerShard = replicas,
                "NumReplicasPerShard is %d; expected 0 to 5.".formatted(replicas));
    }

    @ParameterizedTest
    @CsvSource({"91, 0", "46, 1", "16, 5", "500, 0", "500, 5"})
    void moreThanNinetyNodesExceedTheQuotaOfNodes(int shards, int replicas) {
        refused(
                Fault.NODE_QUOTA_FOR_CLUSTER_EXCEEDED,
                create -> {
                    create.numShards = shards;
                    create.numReplicasPerShard = replicas;
                },
                "at most 90 nodes");
    }

    @ParameterizedTest
    @CsvSource({"90, 0", "45, 1", "15, 5"})
    void ninetyNodesAreWithinTheQuota(int shards, int replicas) {
        var spec =
                checked(create -> {
                    create.numShards = shards;
                    create.numReplicasPerShard = replicas;
                });
        assertThat(spec.shards().stream().mapToInt(shard -> shard.nodes().size()).sum())
                .isEqualTo(90);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 6379, 65_535})
    void aPortIsTaken(int port) {
        assertThat(checked(create -> create.port = port).requestedPort()).isEqualTo(port);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 65_536})
    void whatIsNoPortIsRefused(int port) {
        refused(
                Fault.INVALID_PARAMETER_VALUE,
                create -> create.port = port,
                "Port is %d; expected 1 to 65535.".formatted(port));
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 36})
    void aRetentionThatTheServiceDoesNotKnowIsAWrongValue(int days) {
        refused(
                Fault.INVALID_PARAMETER_VALUE,
                create -> create.snapshotRetentionLimit = days,
                "SnapshotRetentionLimit is %d; expected 0 to 35.".formatted(days));
    }

    // ---- node types, engines, groups

    @ParameterizedTest
    @CsvSource({
        "db.t4g.small, 1471026299",
        "db.t4g.medium, 3317862236",
        "db.r6g.large, 14037181030",
        "db.r6g.xlarge, 28261849702",
        "db.r7g.2xlarge, 56711183565",
        "db.r7g.4xlarge, 113609865216",
        "db.r6g.8xlarge, 225000375228",
        "db.r7g.12xlarge, 341206346547",
        "db.r6g.16xlarge, 450000750456",
        "db.r6gd.xlarge, 28261849702",
        "db.r6gd.8xlarge, 225000375228"
    })
    void aNodeTypeGivesItsEngineTheServicesMemory(String name, long maxmemoryBytes) {
        assertThat(
                        checked(
                                        create -> {
                                            create.nodeType = name;
                                            create.dataTiering = name.startsWith("db.r6gd.");
                                        })
                                .nodeType())
                .isEqualTo(name);
        assertThat(NodeType.find(name))
                .hasValueSatisfying(
                        type -> assertThat(type.maxmemoryBytes()).isEqualTo(maxmemoryBytes));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "cache.t4g.medium",
                "db.t4g",
                "db.t4g.large",
                "db.r6gd.large",
                "DB.T4G.SMALL",
                "x"
            })
    void anUnknownNodeTypeIsRefused(String type) {
        refused(
                Fault.INVALID_PARAMETER_VALUE,
                create -> create.nodeType = type,
                "NodeType " + type,
                "db.t4g.small");
    }

    @ParameterizedTest
    @CsvSource({
        "redis, 6.2, default.memorydb-redis6",
        "redis, 7.0, default.memorydb-redis7",
        "redis, 7.1, default.memorydb-redis7",
        "valkey, 7.2, default.memorydb-valkey7",
        "valkey, 7.3, default.memorydb-valkey7"
    })
    void everyVersionHasItsParameterGroup(String engine, String version, String group) {
        var spec =
                checked(create -> {
                    create.engine = engine;
                    create.engineVersion = version;
                });
        assertThat(spec.engineVersion()).isEqualTo(version);
        assertThat(spec.parameterGroupName()).isEqualTo(group);
    }

    @Test
    void valkeyWithoutAVersionIsTheOldestThatTheServiceHas() {
        assertThat(checked(create -> create.engine = "Valkey"))
                .returns("valkey", ClusterSpec::engine)
                .returns("7.2", ClusterSpec::engineVersion);
    }

    @ParameterizedTest
    @CsvSource({"redis, 7.2", "redis, 7.0.7", "redis, 7", "valkey, 7.1", "valkey, 8.0"})
    void aVersionThatTheEngineDoesNotHaveIsRefusedWithThoseItHas(String engine, String version) {
        refused(
                Fault.INVALID_PARAMETER_VALUE,
                create -> {
                    create.engine = engine;
                    create.engineVersion = version;
                },
                "EngineVersion " + version,
                engine.equals("redis") ? "6.2, 7.0, 7.1" : "7.2, 7.3");
    }

    @Test
    void anUnknownEngineIsRefused() {
        refused(
                Fault.INVALID_PARAMETER_VALUE,
                create -> create.engine = "memcached",
                "memcached",
                "redis or valkey");
    }

    @Test
    void groupsAndListsThatDoNotExistAreNotFound() {
        refused(
                Fault.PARAMETER_GROUP_NOT_FOUND,
                create -> create.parameterGroupName = "mine",
                "mine");
        refused(Fault.SUBNET_GROUP_NOT_FOUND, create -> create.subnetGroupName = "mine", "mine");
        refused(Fault.ACL_NOT_FOUND, create -> create.aclName = "mine", "mine");
    }

    @Test
    void aParameterGroupOfAnotherEngineDoesNotFit() {
        refused(
                Fault.INVALID_PARAMETER_COMBINATION,
                create -> create.parameterGroupName = "default.memorydb-valkey7",
                "does not fit redis",
                "expected default.memorydb-redis7");
    }

    @Test
    void namesOfGroupsAndListsAreKeptInLowerCase() {
        var spec =
                checked(create -> {
                    create.parameterGroupName = "Default.MemoryDB-Redis7";
                    create.subnetGroupName = "Default";
                    create.aclName = "Open-Access";
                });
        assertThat(spec.parameterGroupName()).isEqualTo("default.memorydb-redis7");
        assertThat(spec.subnetGroupName()).isEqualTo("default");
        assertThat(spec.aclName()).isEqualTo("open-access");
    }

    // ---- windows

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "sun",
                "sun:05:00",
                "sun:05:00-sun:05:59",
                "sun:05:00-sun:05:00",
                "sun:05:00-mon:05:01",
                "sun:05:00-sat:05:00",
                "sun:24:00-mon:01:00",
                "sun:5:00-sun:6:00",
                "day:05:00-day:06:00",
                "05:00-06:00",
                "sun:05:00-sun:06:00-sun:07:00",
                "sun05:00-sun06:00"
            })
    void aMaintenanceWindowThatIsNoneIsRefusedWithAnExample(String window) {
        refused(
                Fault.INVALID_PARAMETER_VALUE,
                create -> create.maintenanceWindow = window,
                "MaintenanceWindow " + window,
                "sun:05:00-sun:06:00");
    }

    @ParameterizedTest
    @ValueSource(strings = {"sun:05:00-sun:06:00", "sun:23:30-mon:00:30", "wed:05:00-thu:05:00"})
    void aMaintenanceWindowLastsAnHourToADay(String window) {
        assertThat(checked(create -> create.maintenanceWindow = window).maintenanceWindow())
                .isEqualTo(window);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "05:00",
                "05:00-05:59",
                "05:00-05:00",
                "5:00-6:00",
                "24:00-01:00",
                "a-b"
            })
    void aSnapshotWindowThatIsNoneIsRefusedWithAnExample(String window) {
        refused(
                Fault.INVALID_PARAMETER_VALUE,
                create -> create.snapshotWindow = window,
                "SnapshotWindow " + window,
                "05:00-06:00");
    }

    // ---- tags

    @Test
    void tagsAreKeptAndAMissingValueIsEmpty() {
        var spec =
                checked(create ->
                        create.tags =
                                List.of(
                                        tag("Team", "a b"),
                                        tag("team", "x".repeat(256)),
                                        new CreateClusterRequest.Tag("none", null),
                                        tag("k".repeat(128), "")));
        assertThat(spec.tags())
                .isEqualTo(
                        Map.of(
                                "Team",
                                "a b",
                                "team",
                                "x".repeat(256),
                                "none",
                                "",
                                "k".repeat(128),
                                ""));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "aws:mine", "AWS:mine", "memorydb:mine", "a,b", "a\nb"})
    void aTagKeyOutsideThePatternIsRefused(String key) {
        refused(
                Fault.INVALID_PARAMETER_VALUE,
                create -> create.tags = List.of(tag(key, "v")),
                "Tag " + key);
    }

    @Test
    void aTagThatIsTooLongOrHasNoKeyIsRefused() {
        for (var tag :
                List.of(
                        tag("k".repeat(129), "v"),
                        tag("k", "v".repeat(257)),
                        tag("k", "a,b"),
                        tag("k", "a\nb"),
                        new CreateClusterRequest.Tag(null, "v"))) {
            refused(Fault.INVALID_PARAMETER_VALUE, create -> create.tags = List.of(tag), "Tag ");
        }
    }

    @Test
    void aTagIsGivenOnce() {
        refused(
                Fault.INVALID_PARAMETER_VALUE,
                create -> create.tags = List.of(tag("k", "a"), tag("K", "a"), tag("k", "b")),
                "Tag k is given twice.");
    }

    @Test
    void aResourceHasFiftyTagsAtMost() {
        assertThat(checked(create -> create.tags = tags(50)).tags()).hasSize(50);
        refused(
                Fault.TAG_QUOTA_EXCEEDED,
                create -> create.tags = tags(51),
                "51 tags",
                "at most 50");
    }

    @Test
    void aTagDelaysTheReplicasForDrills() {
        assertThat(DrillTags.replicaLag(checked(create -> {}))).isZero();
        var spec =
                checked(create -> create.tags = List.of(tag("keepsake:replica-lag-ms", "60000")));
        assertThat(DrillTags.replicaLag(spec)).isEqualTo(Duration.ofMinutes(1));
        for (String lag : List.of("60001", "999999999999", "-1", "1s", "")) {
            refused(
                    Fault.INVALID_PARAMETER_VALUE,
                    create -> create.tags = List.of(tag("keepsake:replica-lag-ms", lag)),
                    "expected 0 to 60000 milliseconds");
        }
    }

    @Test
    void aTagKeepsTheOtherNodesFromLearningOfANewPrimary() {
        assertThat(DrillTags.topologyLag(checked(create -> {}))).isEmpty();
        for (String lag : List.of("0", "1", "60000")) {
            var spec = checked(create -> create.tags = List.of(tag(TOPOLOGY_LAG, lag)));
            assertThat(DrillTags.topologyLag(spec))
                    .contains(Duration.ofMillis(Long.parseLong(lag)));
        }
        for (String lag : List.of("60001", "999999999999", "-1", "1s", "")) {
            refused(
                    Fault.INVALID_PARAMETER_VALUE,
                    create -> create.tags = List.of(tag(TOPOLOGY_LAG, lag)),
                    "Tag keepsake:topology-lag-ms",
                    "expected 0 to 60000 milliseconds");
        }
    }

    // ---- what this build cannot do

    @Test
    void aMultiRegionClusterIsNotFound() {
        refused(
                Fault.MULTI_REGION_CLUSTER_NOT_FOUND,
                create -> create.multiRegionClusterName = "virxk-all",
                "Multi-Region cluster virxk-all not found.");
    }

    @Test
    void anotherNetworkIsRefusedBecauseTheSubnetsAreOfIpv4() {
        for (String network : List.of("ipv6", "dual_stack")) {
            refused(
                    Fault.INVALID_PARAMETER_COMBINATION,
                    create -> create.networkType = network,
                    "NetworkType is " + network,
                    "group default support ipv4 only");
        }
        refused(
                Fault.INVALID_PARAMETER_COMBINATION,
                create -> create.ipDiscovery = "ipv6",
                "IpDiscovery is ipv6",
                "ipv4");
    }

    @Test
    void aParameterGroupThatEnablesSearchIsRefused() {
        refused(
                Fault.INVALID_PARAMETER_COMBINATION,
                create -> create.parameterGroupName = "default.memorydb-redis7.search",
                "Vector search",
                "take default.memorydb-redis7");
    }

    // ---- what is kept and described only

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1234abcd-12ab-34cd-56ef-1234567890ab",
                "mrk-1234abcd12ab34cd56ef1234567890ab",
                "alias/my/key_1",
                "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
                "arn:aws-us-gov:kms:us-east-1:111122223333:alias/mine"
            })
    void aKeyIsKeptAsItIsNamed(String key) {
        assertThat(checked(create -> create.kmsKeyId = key).kmsKeyId()).isEqualTo(key);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "key",
                "1234abcd",
                "alias/",
                "alias/a b",
                "arn:aws:kms:us-east-1:1111:key/1234abcd-12ab-34cd-56ef-1234567890ab",
                "arn:aws:s3:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
                "arn:aws:kms:us-east-1:111122223333:key/none"
            })
    void whatNamesNoKeyIsRefused(String key) {
        refused(
                Fault.INVALID_PARAMETER_VALUE,
                create -> create.kmsKeyId = key,
                "KmsKeyId is not the id, alias or ARN");
    }

    @Test
    void aKeyOfAnotherRegionIsRefused() {
        refused(
                Fault.INVALID_PARAMETER_VALUE,
                create -> create.kmsKeyId = "arn:aws:kms:eu-west-1:111122223333:alias/mine",
                "region eu-west-1",
                "us-east-1");
    }

    @Test
    void aTopicIsKeptAndActive() {
        String arn = "arn:aws:sns:us-east-1:111122223333:my-topic_1";
        assertThat(checked(create -> create.snsTopicArn = arn).snsTopic())
                .isEqualTo(new SnsTopic(arn, true));
        assertThat(checked(create -> {}).snsTopic()).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "arn",
                "my-topic",
                "arn:aws:sns:us-east-1:111122223333:",
                "arn:aws:sns:eu-west-1:111122223333:topic",
                "arn:aws:sns:us-east-1:111122223333:topic.fifo",
                "arn:aws:sqs:us-east-1:111122223333:topic"
            })
    void whatIsNoTopicOfTheRegionIsRefused(String arn) {
        refused(
                Fault.INVALID_PARAMETER_VALUE,
                create -> create.snsTopicArn = arn,
                "SnsTopicArn " + arn,
                "arn:aws:sns:us-east-1:ACCOUNT:TOPIC");
    }

    @Test
    void dataTieringGoesWithItsNodeTypesAndWithThoseAlone() {
        assertThat(
                        checked(create -> {
                            create.nodeType = "db.r6gd.xlarge";
                            create.dataTiering = true;
                        }))
                .returns(true, ClusterSpec::dataTiering)
                .returns("db.r6gd.xlarge", ClusterSpec::nodeType);
        refused(
                Fault.INVALID_PARAMETER_COMBINATION,
                create -> create.dataTiering = true,
                "DataTiering is true with NodeType db.t4g.small");
        refused(
                Fault.INVALID_PARAMETER_COMBINATION,
                create -> create.nodeType = "db.r6gd.8xlarge",
                "DataTiering is not given with NodeType db.r6gd.8xlarge");
        refused(
                Fault.INVALID_PARAMETER_COMBINATION,
                create -> {
                    create.nodeType = "db.r6gd.8xlarge";
                    create.dataTiering = false;
                },
                "DataTiering is false");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "sg", "sg-", "sg-A1", "subnet-1", "sg-1 ", "default"})
    void whatIsNoSecurityGroupIsRefused(String group) {
        refused(
                Fault.INVALID_PARAMETER_VALUE,
                create -> create.securityGroupIds = List.of("sg-1", group),
                "SecurityGroupIds has " + group);
    }

    @Test
    void aSecurityGroupIsGivenOnce() {
        refused(
                Fault.INVALID_PARAMETER_VALUE,
                create -> create.securityGroupIds = List.of("sg-1", "sg-2", "sg-1"),
                "Security group sg-1 is given twice.");
    }

    @Test
    void aNetworkThatTheServiceDoesNotKnowIsAWrongValue() {
        refused(
                Fault.INVALID_PARAMETER_VALUE,
                create -> create.networkType = "ipx",
                "NetworkType is ipx; expected one of ipv4, ipv6, dual_stack.");
        refused(
                Fault.INVALID_PARAMETER_VALUE,
                create -> create.ipDiscovery = "dual_stack",
                "IpDiscovery is dual_stack; expected one of ipv4, ipv6.");
    }

    // ---- shards and nodes

    @Test
    void shardsAndNodesAreNamedAsTheServiceNamesThem() {
        var spec =
                checked(create -> {
                    create.clusterName = "my-cluster";
                    create.numShards = 2;
                });

        assertThat(spec.shards()).extracting(ShardSpec::name).containsExactly("0001", "0002");
        assertThat(spec.shards())
                .extracting(ShardSpec::slots)
                .containsExactly("0-8191", "8192-16383");
        assertThat(spec.shards().stream().flatMap(shard -> shard.nodes().stream()))
                .extracting(NodeSpec::name)
                .containsExactly(
                        "my-cluster-0001-001",
                        "my-cluster-0001-002",
                        "my-cluster-0002-001",
                        "my-cluster-0002-002");
    }

    @Test
    void aSingleShardHasAllSlots() {
        assertThat(checked(create -> {}).shards().getFirst().slots()).isEqualTo("0-16383");
    }

    @Test
    void idsHaveFortyHexadecimalDigitsAndDiffer() {
        var spec =
                checked(create -> {
                    create.numShards = 30;
                    create.numReplicasPerShard = 2;
                });
        var ids = new ArrayList<String>();
        for (var shard : spec.shards()) {
            ids.add(shard.id());
            shard.nodes().forEach(node -> ids.add(node.id()));
        }
        assertThat(ids)
                .hasSize(120)
                .doesNotHaveDuplicates()
                .allMatch(id -> id.matches("[0-9a-f]{40}"));
        assertThat(spec.id().incarnation()).matches("[0-9a-f]{16}");
    }

    @Test
    void theNodesOfAShardAreSpreadOverTheZonesOfTheRegion() {
        var spec =
                Create.spec(
                        Create.with(create -> {
                            create.numShards = 3;
                            create.numReplicasPerShard = 2;
                        }),
                        "eu-west-1",
                        NOW,
                        new SplittableRandom(1));
        assertThat(spec.id().region()).isEqualTo("eu-west-1");
        assertThat(spec.shards())
                .allSatisfy(shard ->
                        assertThat(shard.nodes())
                                .allMatch(node -> node.createTime().equals(NOW))
                                .extracting(NodeSpec::availabilityZone)
                                .containsExactlyInAnyOrder(
                                        "eu-west-1a", "eu-west-1b", "eu-west-1c"));
    }

    private static ClusterSpec checked(Consumer<Create> change) {
        return Create.spec(Create.with(change), "us-east-1", NOW, new SplittableRandom(7));
    }

    private static void refused(Fault fault, Consumer<Create> change, String... texts) {
        assertRefused(fault, () -> checked(change), texts);
    }

    private static CreateClusterRequest.Tag tag(String key, String value) {
        return new CreateClusterRequest.Tag(key, value);
    }

    private static List<CreateClusterRequest.Tag> tags(int count) {
        return IntStream.range(0, count).mapToObj(i -> tag("k" + i, "v")).toList();
    }
}
