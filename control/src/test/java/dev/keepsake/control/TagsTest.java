package dev.keepsake.control;

import static dev.keepsake.control.MemoryControl.REGION;
import static dev.keepsake.control.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class TagsTest {
    private static final String ACCOUNT = "123456789012";

    private final MemoryControl control = new MemoryControl();

    @Test
    void anArnOfAnotherRegionThanTheCallersIsRefused() {
        control.available(Create.named("demo"));
        var tags = List.of(new CreateClusterRequest.Tag("k", "v"));
        String arn = new Resource(REGION, Resource.Kind.CLUSTER, "demo").arn(ACCOUNT);
        control.decide(plane -> plane.tags().tag(arn, tags, ACCOUNT, REGION));
        assertThat(control.plane.tags().list(arn, ACCOUNT, REGION)).containsEntry("k", "v");

        var elsewhere = "eu-west-1";
        assertRefused(
                Fault.INVALID_ARN,
                () -> control.plane.tags().list(arn, ACCOUNT, elsewhere),
                "region",
                "arn:aws:memorydb:eu-west-1:");
        assertRefused(
                Fault.INVALID_ARN, () -> control.plane.tags().tag(arn, tags, ACCOUNT, elsewhere));
        assertRefused(
                Fault.INVALID_ARN,
                () -> control.plane.tags().untag(arn, List.of("k"), ACCOUNT, elsewhere));
    }
}
