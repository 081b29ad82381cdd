package dev.keepsake.control;

import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Windows for maintenance and snapshots, all in UTC.
final class Windows {
    private static final Pattern CLOCK = Pattern.compile("([01]\\d|2[0-3]):([0-5]\\d)");
    private static final List<String> DAYS =
            List.of("mon", "tue", "wed", "thu", "fri", "sat", "sun");
    private static final int DAY_MINUTES = 24 * 60;

    private static final int SLOT_MINUTES = 30;
    private static final int BLOCK_MINUTES = 8 * 60;

    /// The beginning of the eight quiet hours in which a region's clusters are maintained, in
    /// minutes of the day. Source: the service's page of maintenance windows, complete.
    private static final Map<String, Integer> BLOCKS =
            Map.ofEntries(
                    Map.entry("ap-northeast-1", 13 * 60),
                    Map.entry("ap-northeast-2", 12 * 60),
                    Map.entry("ap-south-1", 17 * 60 + 30),
                    Map.entry("ap-southeast-1", 14 * 60),
                    Map.entry("ap-east-1", 13 * 60),
                    Map.entry("ap-southeast-2", 12 * 60),
                    Map.entry("cn-north-1", 14 * 60),
                    Map.entry("cn-northwest-1", 14 * 60),
                    Map.entry("eu-west-3", 24 * 60), // half an hour shorter, from 23:59
                    Map.entry("eu-central-1", 23 * 60),
                    Map.entry("eu-west-1", 22 * 60),
                    Map.entry("eu-west-2", 23 * 60),
                    Map.entry("sa-east-1", 60),
                    Map.entry("ca-central-1", 3 * 60),
                    Map.entry("us-east-1", 3 * 60),
                    Map.entry("us-east-2", 4 * 60),
                    Map.entry("us-west-1", 6 * 60),
                    Map.entry("us-west-2", 6 * 60));

    /// The same beginning for regions that the page does not have, by the area at the start of
    /// their names.
    private static final Map<String, Integer> BLOCKS_OF_AREAS =
            Map.of(
                    "af", 22 * 60,
                    "ap", 13 * 60,
                    "cn", 14 * 60,
                    "eu", 23 * 60,
                    "il", 21 * 60,
                    "me", 20 * 60,
                    "mx", 5 * 60,
                    "sa", 60);

    private Windows() {}

    /// The window of the request, in lower case, or one hour of the region's quiet hours, chosen at
    /// random.
    static String maintenance(@Nullable String given, String region, RandomGenerator random) {
        if (given == null) {
            int block = region.equals("eu-west-3") ? BLOCK_MINUTES - 31 : BLOCK_MINUTES;
            int slots = (block - 60) / SLOT_MINUTES + 1;
            int start =
                    DAY_MINUTES * random.nextInt(DAYS.size())
                            + blockOf(region)
                            + SLOT_MINUTES * random.nextInt(slots);
            return "%s-%s".formatted(dayAndClock(start), dayAndClock(start + 60));
        }
        return maintenance(given);
    }

    private static int blockOf(String region) {
        var known = BLOCKS.get(region);
        if (known != null) {
            return known;
        }
        int dash = region.indexOf('-');
        String area = dash < 0 ? region : region.substring(0, dash);
        return BLOCKS_OF_AREAS.getOrDefault(area, 3 * 60);
    }

    private static String dayAndClock(int weekMinute) {
        return "%s:%s"
                .formatted(DAYS.get(weekMinute / DAY_MINUTES % DAYS.size()), clock(weekMinute));
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

    /// The window of the request, or one chosen at random.
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

    /// The beginning of the snapshot window that contains `now`; empty outside the window.
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
