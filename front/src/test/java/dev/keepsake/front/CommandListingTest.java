package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.resp.CommandSpec;
import dev.keepsake.resp.RecordedCommands;
import dev.keepsake.resp.RespValue;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// A client that asks for the list of commands gets those that it may give: `get` is one of them,
/// `config` and `debug` are not.
class CommandListingTest {
    private final CommandListing listing = new CommandListing(Commands.TABLE);

    /// @param reply with blanks for line breaks
    private String shown(String reply, boolean keepsPlaces, int protocol) {
        var bytes = Unpooled.copiedBuffer(reply.replace(" ", "\r\n") + "\r\n", US_ASCII);
        return listing.withoutWithheld(bytes, keepsPlaces, protocol)
                .toString(US_ASCII)
                .replace("\r\n", " ")
                .strip();
    }

    private static String bulk(String text) {
        return "$%d %s".formatted(text.length(), text);
    }

    /// A row of COMMAND, with as many columns as in Redis 7.
    private static String row(String name, String... subcommands) {
        return "*10 %s :2 *0 :1 :1 :1 *0 *0 *0 *%d %s"
                .formatted(bulk(name), subcommands.length, String.join(" ", subcommands))
                .strip();
    }

    @Test
    void commandOmitsWithheldCommands() {
        assertThat(shown("*2 " + row("get") + " " + row("debug"), false, 2))
                .isEqualTo("*1 " + row("get"));
    }

    @Test
    void commandOmitsWithheldSubcommands() {
        String acl = row("acl", row("acl|setuser"), row("acl|whoami"));
        assertThat(shown("*1 " + acl, false, 2)).isEqualTo("*1 " + row("acl", row("acl|whoami")));
    }

    /// Each item answers one argument: a command that is not offered does not exist.
    @ParameterizedTest
    @CsvSource({"2, $-1", "3, _"})
    void commandInfoAnswersThatAWithheldCommandDoesNotExist(int protocol, String nothing) {
        String rows = String.join(" ", row("get"), row("debug"), row("ping"));
        assertThat(shown("*3 " + rows, true, protocol))
                .isEqualTo("*3 %s %s %s".formatted(row("get"), nothing, row("ping")));
    }

    @Test
    void aCommandThatTheEngineDoesNotKnowStaysNull() {
        assertThat(shown("*2 *-1 " + row("get"), true, 2)).isEqualTo("*2 *-1 " + row("get"));
        assertThat(shown("*2 $-1 " + row("get"), true, 2)).isEqualTo("*2 $-1 " + row("get"));
    }

    @ParameterizedTest
    @CsvSource({
        "get debug ping, *2 $3 get $4 ping",
        "config|set get, *1 $3 get",
        "debug shutdown, *0",
        "get, *1 $3 get"
    })
    void commandListNamesTheOfferedCommands(String names, String shown) {
        var listed = Arrays.stream(names.split(" ", -1)).map(CommandListingTest::bulk).toList();
        String reply = "*%d %s".formatted(listed.size(), String.join(" ", listed));
        assertThat(shown(reply, false, 3)).isEqualTo(shown);
    }

    /// Subcommands have no row of their own.
    @Test
    void commandCountCountsTheOfferedCommands() {
        long offered =
                Commands.TABLE.all().stream()
                        .filter(spec -> spec.handling() != CommandSpec.Handling.WITHHELD)
                        .filter(spec -> spec.name().indexOf('|') < 0)
                        .count();
        assertThat(shown(":240", false, 2)).isEqualTo(":" + offered);
        assertThat(offered).isBetween(180L, 239L);
    }

    @Test
    void commandDocsOmitsWithheldCommandsInBothVersionsOfResp() {
        String about = bulk("summary") + " " + bulk("Gets-it");
        String nested =
                "%s %%2 %s %%1 %s %s %%1 %s"
                        .formatted(
                                bulk("subcommands"),
                                bulk("acl|setuser"),
                                about,
                                bulk("acl|whoami"),
                                about);
        String kept = "%s %%1 %s %%1 %s".formatted(bulk("subcommands"), bulk("acl|whoami"), about);
        assertThat(
                        shown(
                                "%%2 %s %%1 %s %s %%1 %s"
                                        .formatted(bulk("debug"), about, bulk("acl"), nested),
                                false,
                                3))
                .isEqualTo("%%1 %s %%1 %s".formatted(bulk("acl"), kept));
        assertThat(
                        shown(
                                "*4 %s *2 %s %s *2 %s"
                                        .formatted(bulk("debug"), about, bulk("get"), about),
                                false,
                                2))
                .isEqualTo("*2 %s *2 %s".formatted(bulk("get"), about));
    }

    @Test
    void anErrorIsPassedOn() {
        assertThat(shown("-ERR-x", false, 2)).isEqualTo("-ERR-x");
    }

    /// The lines that explain a removed heading are removed too.
    @Test
    void helpExplainsTheOfferedSubcommands() {
        var out = Unpooled.buffer();
        listing.helpWithoutWithheld(
                List.of(
                        "ACL <subcommand> [<arg> ...]. Subcommands are:",
                        "SETUSER <username> <attribute>",
                        "    Create or modify a user",
                        "    with the specified attributes.",
                        "WHOAMI",
                        "    Return the current connection username.",
                        "HELP",
                        "    Print this help."),
                out);
        assertThat(out.toString(US_ASCII).replace("\r\n", "|"))
                .isEqualTo(
                        "*5|+ACL <subcommand> [<arg> ...]. Subcommands are:|+WHOAMI|"
                                + "+    Return the current connection username.|"
                                + "+HELP|+    Print this help.|");
    }

    // ---- real replies of engines

    static List<String> engines() {
        return RecordedCommands.engines();
    }

    @ParameterizedTest
    @MethodSource("engines")
    void onlyOfferedCommandsRemainOfAnEnginesList(String engine) {
        var table = RecordedCommands.table(engine);
        var shown =
                RespValue.decode(
                        new CommandListing(table)
                                .withoutWithheld(RecordedCommands.bytes(engine), false, 2));
        var offered =
                table.all().stream()
                        .filter(spec -> spec.handling() != CommandSpec.Handling.WITHHELD)
                        .map(CommandSpec::name)
                        .collect(Collectors.toSet());
        var names = names(shown, 0).toList();
        assertThat(offered).containsAll(names);
        assertThat(names).doesNotHaveDuplicates().contains("get", "acl|whoami", "hset");
        var before = names(RecordedCommands.reply(engine), 0).filter(offered::contains).toList();
        assertThat(names).containsExactlyElementsOf(before);
    }

    private static Stream<String> names(RespValue rows, int depth) {
        return rows instanceof RespValue.ArrayReply(var items)
                ? items.stream()
                        .filter(RespValue.ArrayReply.class::isInstance)
                        .map(RespValue.ArrayReply.class::cast)
                        .flatMap(row ->
                                Stream.concat(
                                        Stream.of(((RespValue.Bulk) row.items().getFirst()).utf8()),
                                        depth == 0 ? names(row.items().get(9), 1) : Stream.empty()))
                : Stream.empty();
    }
}
