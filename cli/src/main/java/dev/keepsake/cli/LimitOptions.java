package dev.keepsake.cli;

import dev.keepsake.front.FrontOptions;
import dev.keepsake.resp.ProtocolLimits;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The options of `keepsake start` that limit the clients of nodes.
final class LimitOptions {
    private static final int KB = 1 << 10;
    private static final int MB = 1 << 20;
    private static final int VALUE_MAX_MB = 512;
    private static final int BOOKKEEPER_VALUE_MAX_MB = 64;
    private static final int OUTPUT_MAX_MB = 2047;
    private static final int MEMORY_MAX_MB = 1 << 20;
    private static final int FULL_LOG_WAIT_MAX_MS = 3_600_000;
    private static final int CONNECTIONS_MAX = 65_000;
    private static final int ARGUMENTS_MAX = 1 << 20;
    private static final int INLINE_MAX_KB = 1024;

    @Option(
            names = "--max-value-mb",
            paramLabel = "MB",
            description =
                    "The size limit of a command's argument, and so of a value (default: 512,"
                            + " as in Redis; 64 with --log bookkeeper).")
    private @Nullable Integer valueMb;

    @Option(
            names = "--max-arguments",
            paramLabel = "N",
            description = "How many arguments a command may have (default: ${DEFAULT-VALUE}).")
    private int arguments = ARGUMENTS_MAX;

    @Option(
            names = "--max-inline-kb",
            paramLabel = "KB",
            description =
                    "The size limit of a command that is sent as a line (default:"
                            + " ${DEFAULT-VALUE}).")
    private int inlineKb = 64;

    @Option(
            names = "--max-connections",
            paramLabel = "N",
            description = "How many clients a node accepts (default: ${DEFAULT-VALUE}).")
    private int connections = CONNECTIONS_MAX;

    @Option(
            names = "--max-parked-mb",
            paramLabel = "MB",
            description =
                    "The size limit of all replies of a node that wait for the log. At the"
                            + " limit the node reads no more commands (default: ${DEFAULT-VALUE}).")
    private int parkedMb = 128;

    @Option(
            names = "--full-log-wait-ms",
            paramLabel = "MS",
            description =
                    "How long a reply waits while the log has no room for the data that it"
                            + " depends on. Then the client gets an error instead, unless the command"
                            + " may have changed data (default: ${DEFAULT-VALUE}).")
    private int fullLogWaitMs = FrontOptions.FULL_LOG_PATIENCE_MS;

    @Option(
            names = "--max-output-mb",
            paramLabel = "MB",
            description =
                    "How much output a client may leave unread before it is disconnected"
                            + " (default: 128 more than --max-value-mb).")
    private @Nullable Integer outputMb;

    @Option(
            names = "--max-total-output-mb",
            paramLabel = "MB",
            description =
                    "The same for all clients of a node together (default: 1024, or"
                            + " --max-output-mb if that is larger).")
    private @Nullable Integer totalOutputMb;

    /// The limits that the options give.
    ///
    /// @param onBookKeeper whether logs are on BookKeeper, where values are limited to 64 MiB
    FrontOptions front(boolean onBookKeeper) throws UsageException {
        int longest = onBookKeeper ? BOOKKEEPER_VALUE_MAX_MB : VALUE_MAX_MB;
        int value = valueMb == null ? longest : valueMb;
        if (onBookKeeper && value > longest && value <= VALUE_MAX_MB) {
            throw new UsageException(
                    "--max-value-mb is %d; with --log bookkeeper give 1 to %d"
                            .formatted(value, longest));
        }
        within("--max-value-mb", value, 1, longest);
        within("--max-arguments", arguments, 16, ARGUMENTS_MAX);
        within("--max-inline-kb", inlineKb, 1, INLINE_MAX_KB);
        within("--max-connections", connections, 1, CONNECTIONS_MAX);
        within("--max-parked-mb", parkedMb, 1, MEMORY_MAX_MB);
        within("--full-log-wait-ms", fullLogWaitMs, 0, FULL_LOG_WAIT_MAX_MS);
        var limits = new ProtocolLimits(inlineKb * KB, arguments, value * MB);
        int output = outputMb == null ? FrontOptions.maxOutputBytes(limits) / MB : outputMb;
        within("--max-output-mb", output, value + 1, OUTPUT_MAX_MB);
        int total = totalOutputMb == null ? Math.max(1024, output) : totalOutputMb;
        within("--max-total-output-mb", total, output, MEMORY_MAX_MB);
        return FrontOptions.of(
                        limits, connections, (long) parkedMb * MB, output * MB, (long) total * MB)
                .waitingForRoom(fullLogWaitMs);
    }

    private static void within(String option, int value, int lowest, int highest)
            throws UsageException {
        if (value < lowest || value > highest) {
            throw new UsageException(
                    "%s is %d; give %d to %d".formatted(option, value, lowest, highest));
        }
    }
}
