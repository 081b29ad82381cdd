package dev.keepsake.front;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Which INFO waits for the log.
class InfoSectionsTest {
    @ParameterizedTest
    @CsvSource({
        "INFO, INFO",
        "INFO server, INFO_OF_NODE",
        "INFO SERVER Replication, INFO_OF_NODE",
        "INFO memory, INFO_OF_FUNCTIONS",
        "INFO server memory cpu, INFO_OF_FUNCTIONS",
        "INFO memory keyspace, INFO",
        "INFO keyspace, INFO",
        "INFO server stats, INFO",
        "INFO everything, INFO",
        "INFO nosuchsection, INFO",
        "INFO serverserverserverserverserverserver, INFO"
    })
    void theStrictestSectionDecides(String command, ExpectedReplies.Kind kind) {
        assertThat(InfoSections.kindOf(Commands.of(command.split(" ", -1)))).isEqualTo(kind);
    }
}
