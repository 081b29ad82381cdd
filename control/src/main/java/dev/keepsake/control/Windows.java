package dev.keepsake.control;

import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Windows of maintenance and snapshots, all in UTC.
final class Windows {
    private static final Pattern CLOCK = Pattern.compile("([01]\\d|2[0-3]):([0-5]\\d)");
    private static final List<String> DAYS =
            List.of("mon", "tue", "wed", "thu", "fri", "sat", "sun");
    private static final int DAY_MINUTES = 24 * 60;

    private Windows() {}

    /// The window that was given, in lower case, or one of our choice.
    static String maintenance(@Nullable String given, RandomGenerator random) {
        if (given == null) {
            int start = 180 + 30 * random.nextInt(15); // 03:00 to 10:00 UTC, as in us-east-1
            String day = DAYS.get(random.nextInt(DAYS.size()));
            return "%s:%s-%s:%s".formatted(day, clock(start), day, clock(start + 60));
        }
        return maintenance(given);
    }

    static String maintenance(String given) {
        var parts = given.toLowerCase(Locale.ROOT).split("-", -1);
        int start = parts.length == 2 ? weekMinute(parts[0]) : -1;
        int end = parts.length == 2 ? weekMinute(parts[1]) : -1;
        int length = Math.floorMod(end - start, 7 * DAY_MINUTES);
        if (start < 0 || end < 0 || length < 60 || length > DAY_MINUTES) {
            throw Fault.INVALID_PARAMETER_VALUE.because(
                    "MaintenanceWindow %s is not valid; expected ddd:hh24:mi-ddd:hh24:mi of 60 minutes"
                            + " to 24 hours, such as sun:05:00-sun:06:00.",
                    given);
        }
        return given.toLowerCase(Locale.ROOT);
    }

    /// The window that was given, or one of our choice.
    static String snapshot(@Nullable String given, RandomGenerator random) {
        if (given == null) {
            int start = 30 * random.nextInt(46);
            return "%s-%s".formatted(clock(start), clock(start + 60));
        }
        return snapshot(given);
    }

    static String snapshot(String given) {
        var parts = given.split("-", -1);
        int start = parts.length == 2 ? dayMinute(parts[0]) : -1;
        int end = parts.length == 2 ? dayMinute(parts[1]) : -1;
        if (start < 0 || end < 0 || Math.floorMod(end - start, DAY_MINUTES) < 60) {
            throw Fault.INVALID_PARAMETER_VALUE.because(
                    "SnapshotWindow %s is not valid; expected hh24:mi-hh24:mi of at least 60 minutes,"
                            + " such as 05:00-06:00.",
                    given);
        }
        return given;
    }

    /// When the snapshot window that `now` is in began; empty outside of it.
    static Optional<Instant> beginOfSnapshotWindow(String window, Instant now) {
        var parts = window.split("-", -1);
        int start = dayMinute(parts[0]);
        int length = Math.floorMod(dayMinute(parts[1]) - start, DAY_MINUTES);
        var today = now.atOffset(ZoneOffset.UTC).toLocalDate();
        for (int daysBefore = 0; daysBefore < 2; daysBefore++) {
            var begin =
                    today.minusDays(daysBefore)
                            .atTime(LocalTime.of(start / 60, start % 60))
                            .toInstant(ZoneOffset.UTC);
            if (!now.isBefore(begin) && now.isBefore(begin.plus(length, ChronoUnit.MINUTES))) {
                return Optional.of(begin);
            }
        }
        return Optional.empty();
    }

    private static String clock(int minute) {
        return "%02d:%02d".formatted(minute / 60 % 24, minute % 60);
    }

    private static int weekMinute(String text) {
        int day =
                text.length() > 4 && text.charAt(3) == ':'
                        ? DAYS.indexOf(text.substring(0, 3))
                        : -1;
        int minute = day < 0 ? -1 : dayMinute(text.substring(4));
        return minute < 0 ? -1 : day * DAY_MINUTES + minute;
    }

    private static int dayMinute(String text) {
        var match = CLOCK.matcher(text);
        return match.matches()
                ? 60 * Integer.parseInt(match.group(1)) + Integer.parseInt(match.group(2))
                : -1;
    }
}
