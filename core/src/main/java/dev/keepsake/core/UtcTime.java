package dev.keepsake.core;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/// Times for people and for programs that read logs. Stateless.
public final class UtcTime {
    private static final DateTimeFormatter FORMAT =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
                    .withZone(ZoneOffset.UTC);

    private UtcTime() {}

    /// A time in UTC, always with milliseconds: `2026-11-23T08:00:00.000Z`.
    public static String of(Instant time) {
        return FORMAT.format(time);
    }
}
