package dev.keepsake.front;

import dev.keepsake.resp.CommandTable;

/// The program of a node's engine, as clients see it.
///
/// @param name `redis` or `valkey`
/// @param version as the program reports it, such as `7.0.15`
/// @param commands the commands that it has, and how each is treated
public record ServedEngine(String name, String version, CommandTable commands) {
    /// The version of Redis with which every Valkey is compatible, as it reports to clients.
    private static final String REDIS_VERSION_OF_VALKEY = "7.2.4";

    boolean isValkey() {
        return name.equals("valkey");
    }

    /// Whether it is at least as new as this version: the Redis version for a Redis, the Valkey
    /// version for a Valkey.
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

    /// Its name in HELLO: Valkey 7.2 was still called Redis there.
    String nameInHello() {
        return isValkeySince(8, 0) ? name : "redis";
    }

    private int number(int index) {
        var parts = version.split("[.-]", -1);
        String part = index < parts.length ? parts[index] : "";
        return part.matches("\\d{1,6}") ? Integer.parseInt(part) : 0;
    }

    /// The first lines of INFO, as the engine itself writes them.
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
