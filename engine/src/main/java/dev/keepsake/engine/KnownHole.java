package dev.keepsake.engine;

import dev.keepsake.resp.RespValue;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A hole that engines in use have, and that a script of one line finds out about. What it asks is
/// what the engines' own tests ask since it was closed; an engine that has the hole may end by it,
/// so only one that serves nobody is asked.
///
/// They stand in the order in which they are asked: those that an engine lives on through first.
public enum KnownHole {
    CVE_2025_46818(
            "a user who may run scripts can change what the scripts of others do, and act by their"
                    + " rights",
            "getmetatable('').__index = function() return 1 end return 1",
            null),
    CVE_2025_46817(
            "a script of one line (unpack) writes past its stack: it ends the engine, or runs code"
                    + " in it",
            "return {unpack({1, 2, 3}, 0, 2147483647)}",
            null),
    CVE_2024_31449(
            "a script of one line (bit.tohex) writes past its stack: it ends the engine, or runs"
                    + " code in it",
            "return bit.tohex(65535, -2147483648)",
            "0000FFFF");

    private final String meaning;
    private final String script;
    private final @Nullable String soundAnswer;

    /// @param soundAnswer what the script answers when there is no hole, unless it is an error
    KnownHole(String meaning, String script, @Nullable String soundAnswer) {
        this.meaning = meaning;
        this.script = script;
        this.soundAnswer = soundAnswer;
    }

    /// Its number, such as `CVE-2024-31449`.
    public String cve() {
        return name().replace('_', '-');
    }

    /// What somebody can do through it, in a line.
    public String meaning() {
        return meaning;
    }

    /// The hole of that number, if it is one of these.
    static Optional<KnownHole> of(String cve) {
        return Arrays.stream(values()).filter(hole -> hole.cve().equals(cve)).findFirst();
    }

    String script() {
        return script;
    }

    /// Whether an engine that answers the script so has it not. One that does not know what the
    /// script needs, or runs no scripts at all, answers with an error too.
    boolean isClosedBy(RespValue reply) {
        return reply instanceof RespValue.ErrorReply
                || (reply instanceof RespValue.Bulk text && text.utf8().equals(soundAnswer));
    }
}
