package dev.keepsake.engine;

import dev.keepsake.resp.RespValue;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// What a running engine says of itself in `INFO server`: name, versions, stage of release, and the
/// numbers of its build. Another program says something else, wherever it lies and whatever script
/// starts it; the same one says the same each time.
///
/// @param fields as INFO has them, those that tell programs apart
public record SelfDescription(Map<String, String> fields) {
    /// Of an engine that nobody has asked.
    public static final SelfDescription NONE = new SelfDescription(Map.of());

    private static final String STAGE = "valkey_release_stage";
    private static final String RELEASED = "ga";

    /// Those of Redis are in every Valkey, too.
    private static final List<String> TELLING =
            List.of(
                    "redis_version",
                    "redis_git_sha1",
                    "redis_git_dirty",
                    "redis_build_id",
                    "server_name",
                    "valkey_version",
                    STAGE);

    public SelfDescription {
        fields = Map.copyOf(fields);
    }

    /// Asks an engine.
    static SelfDescription of(Engine engine) throws IOException {
        if (engine.command("INFO", "server") instanceof RespValue.Bulk text) {
            return parse(text.utf8());
        }
        throw new IOException("%s does not say who it is".formatted(engine.binary().path()));
    }

    /// What is in the reply to `INFO server`.
    static SelfDescription parse(String info) {
        var fields = new TreeMap<String, String>();
        for (var line : info.lines().toList()) {
            int colon = line.indexOf(':');
            if (colon > 0 && TELLING.contains(line.substring(0, colon))) {
                fields.put(line.substring(0, colon), line.substring(colon + 1).strip());
            }
        }
        return new SelfDescription(fields);
    }

    /// The version of a program that says this of itself, with its stage where it is no release.
    String versionOf(EngineBinary binary) {
        var stage = fields.getOrDefault(STAGE, RELEASED);
        var staged = binary.version() + "-" + stage;
        return !stage.equals(RELEASED)
                        && !EngineStamp.hasStage(binary.version())
                        && EngineStamp.hasStage(staged)
                ? staged
                : binary.version();
    }

    /// Name and version, for people.
    @Override
    public String toString() {
        var valkey = fields.get("valkey_version");
        var version = valkey == null ? fields.getOrDefault("redis_version", "unknown") : valkey;
        return "%s of build %s"
                .formatted(version, fields.getOrDefault("redis_build_id", "unknown"));
    }
}
