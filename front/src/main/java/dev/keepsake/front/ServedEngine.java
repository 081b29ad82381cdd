package dev.keepsake.front;

import dev.keepsake.resp.CommandTable;

/// What program a node's engine is, as clients are told it and served by it.
///
/// @param name `redis` or `valkey`
/// @param version as the program says it, such as `7.0.15`
/// @param commands what it has, and how each is treated
public record ServedEngine(String name, String version, CommandTable commands) {
    /// The version of Redis that every Valkey calls itself beside its own, for clients that ask.
    private static final String REDIS_VERSION_OF_VALKEY = "7.2.4";

    boolean isValkey() {
        return name.equals("valkey");
    }

    /// Whether it is at least that new: of two branches of versions the one that it belongs to
    /// counts.
    public boolean isSince(int redisMajor, int redisMinor, int valkeyMajor, int valkeyMinor) {
        int major = number(0);
        int wantedMajor = isValkey() ? valkeyMajor : redisMajor;
        int wantedMinor = isValkey() ? valkeyMinor : redisMinor;
        return major > wantedMajor || (major == wantedMajor && number(1) >= wantedMinor);
    }

    /// Whether it is a Valkey at least that new.
    boolean isValkeySince(int major, int minor) {
        return isValkey() && isSince(0, 0, major, minor);
    }

    /// What HELLO calls it: Valkey 7.2 was still Redis there.
    String nameInHello() {
        return isValkeySince(8, 0) ? name : "redis";
    }

    private int number(int index) {
        var parts = version.split("[.-]", -1);
        String part = index < parts.length ? parts[index] : "";
        return part.matches("\\d{1,6}") ? Integer.parseInt(part) : 0;
    }

    /// The lines that INFO begins with, as the engine itself has them.
    String versionInfo() {
        return isValkey()
                ? "redis_version:%s\r\nserver_name:valkey\r\nvalkey_version:%s\r\n%s_mode:cluster\r\n"
                        .formatted(
                                REDIS_VERSION_OF_VALKEY,
                                version,
                                isValkeySince(8, 0) ? "server" : "redis")
                : "redis_version:%s\r\nredis_mode:cluster\r\n".formatted(version);
    }
}
