package dev.keepsake.control;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The service's limits of tags: the form of keys and values, and the number per resource.
final class TagRules {
    private static final int TAGS_MAX = 50;
    private static final Pattern KEY = Pattern.compile("[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]{1,128}");
    private static final Pattern VALUE = Pattern.compile("[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]{0,256}");
    private static final List<String> RESERVED = List.of("aws:", "memorydb:");

    private TagRules() {}

    /// The tags of a request, by key.
    ///
    /// @throws ApiException when one is not valid, or there are too many
    static Map<String, String> check(@Nullable List<CreateClusterRequest.Tag> given) {
        var tags = new HashMap<String, String>();
        for (var tag : given == null ? List.<CreateClusterRequest.Tag>of() : given) {
            String key = tag.key();
            String value = tag.value() == null ? "" : tag.value();
            if (key == null
                    || !KEY.matcher(key).matches()
                    || isReserved(key)
                    || !VALUE.matcher(value).matches()) {
                throw Fault.INVALID_PARAMETER_VALUE.because(
                        "Tag %s is not valid: keys have 1 to 128 characters and do not begin with %s,"
                                + " values at most 256; letters, digits, spaces and _.:/=+-@ are"
                                + " allowed.",
                        String.valueOf(key), String.join(" or ", RESERVED));
            }
            if (tags.put(key, value) != null) {
                throw Fault.INVALID_PARAMETER_VALUE.because("Tag %s is given twice.", key);
            }
        }
        expectNotTooMany(tags);
        DrillTags.check(tags);
        return tags;
    }

    private static boolean isReserved(String key) {
        String lower = key.toLowerCase(Locale.ROOT);
        return RESERVED.stream().anyMatch(lower::startsWith);
    }

    /// @throws ApiException when these are too many for one resource
    static void expectNotTooMany(Map<String, String> tags) {
        if (tags.size() > TAGS_MAX) {
            throw Fault.TAG_QUOTA_EXCEEDED.because(
                    "%d tags were given; a resource has at most %d.", tags.size(), TAGS_MAX);
        }
    }

    /// The record that gives a new resource its tags; none when it has no tags.
    static List<ControlRecord> onCreation(Resource resource, Map<String, String> tags) {
        return tags.isEmpty() ? List.of() : List.of(new ControlRecord.TagsChanged(resource, tags));
    }
}
