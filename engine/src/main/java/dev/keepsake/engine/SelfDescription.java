package dev.keepsake.engine;

import dev.keepsake.resp.RespValue;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// A running engine's description of itself in `INFO server`: name, versions, stage, and the ids of
/// its build. Another program has another description, wherever its file is and whichever script
/// starts it. The same program always has the same one.
///
/// @param fields the fields of INFO that distinguish programs
public record SelfDescription(Map<String, String> fields) {
    /// The description of an engine that was not asked.
    public static final SelfDescription NONE = new SelfDescription(Map.of());

    private static final String STAGE = "valkey_release_stage";
    private static final String RELEASED = "ga";

    /// The fields that distinguish programs. Every Valkey has those of Redis, too.
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

    /// Asks an engine for its description.
    static SelfDescription of(Engine engine) throws IOException {
        if (engine.command("INFO", "server") instanceof RespValue.Bulk text) {
            return parse(text.utf8());
        }
        throw new IOException("%s does not say who it is".formatted(engine.binary().path()));
    }

    /// The description in a reply to `INFO server`.
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

    /// The version of a program with this description, with its stage if it is not a release.
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
