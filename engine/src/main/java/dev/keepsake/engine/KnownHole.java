package dev.keepsake.engine;

import dev.keepsake.resp.RespValue;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A known hole of engines in use, and a one-line script that finds out whether an engine has it.
/// The scripts are those that the engines' own tests have used since the hole was closed. An engine
/// with the hole may crash by it, so only an engine without clients is asked.
///
/// The order is that of the probes: first the holes that do not crash the engine.
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

    /// @param soundAnswer the script's answer when there is no hole; null when that is an error
    KnownHole(String meaning, String script, @Nullable String soundAnswer) {
        this.meaning = meaning;
        this.script = script;
        this.soundAnswer = soundAnswer;
    }

    /// The number, such as `CVE-2024-31449`.
    public String cve() {
        return name().replace('_', '-');
    }

    /// What an attacker can do through it, in one line.
    public String meaning() {
        return meaning;
    }

    /// The hole with that number, if it is known here.
    static Optional<KnownHole> of(String cve) {
        return Arrays.stream(values()).filter(hole -> hole.cve().equals(cve)).findFirst();
    }

    String script() {
        return script;
    }

    /// Whether an engine that gives this answer does not have the hole. An engine that lacks what
    /// the script needs, or runs no scripts, answers with an error, too.
    boolean isClosedBy(RespValue reply) {
        return reply instanceof RespValue.ErrorReply
                || (reply instanceof RespValue.Bulk text && text.utf8().equals(soundAnswer));
    }
}
