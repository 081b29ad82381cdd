package dev.keepsake.front;

import org.jspecify.annotations.Nullable;

/// The identity of a client, and what the client has set for its connection. Owned by the node's
/// event loop.
final class Session {
    private int protocol = 2;
    private boolean readOnly;
    private boolean spared;
    private boolean touchesNothing;
    private boolean redirected;
    private @Nullable String user;
    private boolean limited;
    private long endsNs;
    private String name = "";
    private String libraryName = "";
    private String libraryVersion = "";

    int protocol() {
        return protocol;
    }

    void speak(int version) {
        protocol = version;
    }

    /// The user of the client, or null when the client has to log in first.
    @Nullable String user() {
        return user;
    }

    void user(@Nullable String authenticated) {
        user = authenticated;
        limited = false;
    }

    /// The client has to log in again before this time.
    void endsAt(long momentNs) {
        limited = true;
        endsNs = momentNs;
    }

    /// Whether its login expires.
    boolean isLimited() {
        return limited;
    }

    /// The time when its login expires; without meaning otherwise.
    long endsNs() {
        return endsNs;
    }

    boolean readOnly() {
        return readOnly;
    }

    void readOnly(boolean accepted) {
        readOnly = accepted;
    }

    /// Whether the client is not to be closed for unread replies, unless it alone has too many:
    /// CLIENT NO-EVICT.
    boolean spared() {
        return spared;
    }

    void spared(boolean wished) {
        spared = wished;
    }

    /// Whether its commands do not count as uses of their keys: CLIENT NO-TOUCH.
    boolean touchesNothing() {
        return touchesNothing;
    }

    void touchesNothing(boolean wished) {
        touchesNothing = wished;
    }

    /// Whether the client has said that it understands redirections, which nodes of a cluster never
    /// send: CLIENT CAPA.
    boolean redirected() {
        return redirected;
    }

    void understandsRedirection() {
        redirected = true;
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

    /// About how much heap its names take, which the client chooses.
    long heapBytes() {
        return 2L * (name.length() + libraryName.length() + libraryVersion.length());
    }

    /// @param newcomer the user of a client that has just connected, or null
    void reset(@Nullable String newcomer) {
        user(newcomer);
        protocol = 2;
        readOnly = false;
        spared = false;
        touchesNothing = false;
        name = "";
    }
}
