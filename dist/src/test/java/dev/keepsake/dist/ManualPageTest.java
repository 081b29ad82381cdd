package dev.keepsake.dist;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

class ManualPageTest {
    @Test
    void aPageSaysWhatTheCommandIsFor() {
        assertThat(page(new CommandLine(new Bake())))
                .startsWith(
                        """
                        .TH "BAKE" 1 "2026\\-11\\-30" "Keepsake 0.1" "Keepsake"
                        """)
                .contains(
                        """
                        .SH NAME
                        bake \\- Bakes a cake
                        .SH SYNOPSIS
                        \\fBbake\\fR [\\fIOPTIONS\\fR] \\fICAKE\\fR
                        .SH DESCRIPTION
                        Bakes it.
                        """);
    }

    @Test
    void optionsAreThereWithTheirDefaultsUnlessTheyAreHidden() {
        assertThat(page(new CommandLine(new Bake())))
                .contains(
                        """
                        .SH OPTIONS
                        .TP
                        \\fB\\-\\-heat\\-c\\fR \\fIC\\fR
                        How hot (default: 180).
                        """)
                .contains(
                        """
                        .TP
                        \\fB\\-v\\fR, \\fB\\-\\-verbose\\fR
                        \\&.rc files too, by \\e and 100 %.
                        """)
                .doesNotContain("secret");
    }

    @Test
    void theFirstPageListsCommandsAndTheOthersLeadToIt() {
        var kitchen = new CommandLine(new Kitchen()).addSubcommand(new Bake());
        assertThat(page(kitchen))
                .contains(
                        """
                        .SH COMMANDS
                        .TP
                        \\fBbake\\fR
                        Bakes a cake.
                        .SH SEE ALSO
                        \\fBkitchen\\-bake\\fR(1)
                        """);
        var bake = requireNonNull(kitchen.getSubcommands().get("bake"));
        assertThat(ManualPage.name(bake.getCommandSpec())).isEqualTo("kitchen-bake");
        assertThat(page(bake)).endsWith("\\fBkeepsake\\fR(1)\n");
    }

    @Test
    void linesOfANoteStayLines() {
        assertThat(page(new CommandLine(new Bake())))
                .contains(
                        """
                        .SH NOTES
                        Exit codes:
                        .br
                        0  done
                        """);
    }

    private static String page(CommandLine command) {
        return ManualPage.of(command, "0.1", "2026-11-30");
    }

    @Command(name = "kitchen", header = "A kitchen.")
    private static final class Kitchen {}

    @Command(
            name = "bake",
            header = "Bakes a cake.",
            description = "Bakes it.",
            footer = {"", "Exit codes:", "  0  done"})
    @SuppressWarnings("unused") // picocli sets its fields, and nobody bakes
    private static final class Bake {
        @Parameters(paramLabel = "CAKE")
        private String cake = "";

        @Option(
                names = "--heat-c",
                paramLabel = "C",
                description = "How hot (default: ${DEFAULT-VALUE}).")
        private int heatC = 180;

        @Option(
                names = {"-v", "--verbose"},
                description = ".rc files too, by \\ and 100 %%.")
        private boolean verbose;

        @Option(names = "--secret", hidden = true)
        private boolean secret;
    }
}
