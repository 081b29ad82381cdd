package dev.keepsake.server;

import dev.keepsake.engine.EngineBinary;
import dev.keepsake.engine.EngineFacts;
import dev.keepsake.engine.Engines;
import dev.keepsake.engine.KnownHole;
import dev.keepsake.resp.RespValue;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Engines that were examined, without there being any.
public final class EngineFixture {
    public static final EngineBinary BUNDLED =
            new EngineBinary(Path.of("/data/bin/redis-server"), "redis", "7.0.15", true);
    public static final EngineBinary VALKEY =
            new EngineBinary(Path.of("/usr/bin/valkey-server"), "valkey", "8.1.4");

    private final List<EngineBinary> all = new ArrayList<>();
    private final Map<EngineBinary, EngineFacts> facts = new HashMap<>();
    private final Map<EngineBinary, String> unexamined = new HashMap<>();

    public EngineFixture sound(EngineBinary engine) {
        return with(engine, Set.of(), Set.of());
    }

    public EngineFixture withHoles(EngineBinary engine, KnownHole... holes) {
        return with(engine, Set.of(holes), Set.of());
    }

    public EngineFixture withUndecided(EngineBinary engine, KnownHole... undecided) {
        return with(engine, Set.of(), Set.of(undecided));
    }

    public EngineFixture unknown(EngineBinary engine, String why) {
        all.add(engine);
        unexamined.put(engine, why);
        return this;
    }

    private EngineFixture with(
            EngineBinary engine, Set<KnownHole> holes, Set<KnownHole> undecided) {
        all.add(engine);
        facts.put(
                engine,
                new EngineFacts(
                        engine,
                        "ab".repeat(32),
                        new RespValue.ArrayReply(List.of()),
                        11,
                        holes,
                        undecided));
        return this;
    }

    public Engines engines() {
        return new Engines(all, facts, unexamined, Map.of());
    }
}
