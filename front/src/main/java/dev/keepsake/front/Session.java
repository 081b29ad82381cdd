package dev.keepsake.front;

/// What a client has said of itself. Owned by the node's event loop.
final class Session {
    private int protocol = 2;
    private boolean readOnly;
    private String name = "";
    private String libraryName = "";
    private String libraryVersion = "";

    int protocol() {
        return protocol;
    }

    void speak(int version) {
        protocol = version;
    }

    boolean readOnly() {
        return readOnly;
    }

    void readOnly(boolean accepted) {
        readOnly = accepted;
    }

    String name() {
        return name;
    }

    void name(String given) {
        name = given;
    }

    String libraryName() {
        return libraryName;
    }

    void libraryName(String given) {
        libraryName = given;
    }

    String libraryVersion() {
        return libraryVersion;
    }

    void libraryVersion(String given) {
        libraryVersion = given;
    }

    void reset() {
        protocol = 2;
        readOnly = false;
        name = "";
    }
}
