package dev.keepsake.control;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/// Access strings, in the form in which the service accepts and shows them: Redis's ACL rules
/// without passwords. The normal form has the switch first, then key patterns, then channel
/// patterns, then commands, beginning with none. Which commands and categories exist is decided by
/// an engine; see [AccessStringCheck].
final class AccessStrings {
    private static final Pattern KEYS = Pattern.compile("%(?:R|W|RW)~\\S*|~\\S+");
    private static final Pattern COMMAND = Pattern.compile("[+-]@?[a-z0-9_|.-]+");
    private static final List<String> FORBIDDEN =
            List.of(
                    "acl|deluser",
                    "acl|load",
                    "acl|save",
                    "acl|setuser",
                    "bgrewriteaof",
                    "bgsave",
                    "cluster|addslots",
                    "cluster|addslotsrange",
                    "cluster|delslots",
                    "cluster|delslotsrange",
                    "cluster|setslot",
                    "config",
                    "debug",
                    "migrate",
                    "module",
                    "psync",
                    "replicaof",
                    "save",
                    "shutdown",
                    "slaveof",
                    "sync");

    private AccessStrings() {}

    /// The normal form.
    ///
    /// @throws ApiException when the text is not an access string; the message names the wrong part
    static String normal(String given) {
        String state = "off";
        var keys = new ArrayList<String>();
        var channels = new ArrayList<String>();
        var commands = new ArrayList<String>();
        for (String word : given.strip().split("\\s+", -1)) {
            String lower = word.toLowerCase(Locale.ROOT);
            switch (lower) {
                case "on", "off" -> state = lower;
                case "allkeys" -> keys.add("~*");
                case "resetkeys" -> keys.clear();
                case "allchannels" -> channels.add("&*");
                case "resetchannels" -> channels.clear();
                case "allcommands" -> commands.add("+@all");
                case "nocommands" -> commands.add("-@all");
                default -> {
                    if (KEYS.matcher(word).matches()) {
                        keys.add(word);
                    } else if (word.startsWith("&") && word.length() > 1) {
                        channels.add(word);
                    } else {
                        commands.add(command(lower));
                    }
                }
            }
        }
        if (channels.isEmpty()) {
            channels.add("resetchannels");
        }
        boolean hasBase = !commands.isEmpty() && commands.getFirst().endsWith("@all");
        if (!hasBase) {
            commands.addFirst("-@all");
        }
        var normal = new ArrayList<String>();
        normal.add(state);
        normal.addAll(keys);
        normal.addAll(channels);
        normal.addAll(commands);
        return String.join(" ", normal);
    }

    private static String command(String word) {
        // The word may be a password, so the message does not contain it.
        if (!COMMAND.matcher(word).matches()) {
            throw Fault.INVALID_PARAMETER_VALUE.because(
                    "AccessString is not valid: each part is on, off, a key pattern such as ~app:*, a"
                            + " channel pattern such as &news, or a command or category such as"
                            + " +get or -@dangerous. Passwords are given in AuthenticationMode.");
        }
        String named = word.substring(1);
        if (FORBIDDEN.stream().anyMatch(each -> isOrBelongsTo(named, each))) {
            throw Fault.INVALID_PARAMETER_VALUE.because(
                    "AccessString is not valid: %s is not available, so it can be neither allowed"
                            + " nor forbidden.",
                    named);
        }
        return word;
    }

    /// Whether `named` is the command, or one of its subcommands or first arguments.
    private static boolean isOrBelongsTo(String named, String command) {
        return named.equals(command) || named.startsWith(command + "|");
    }
}
