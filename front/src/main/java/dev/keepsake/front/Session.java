package dev.keepsake.front;

import org.jspecify.annotations.Nullable;

/// Who a client is, and what it has said of itself. Owned by the node's event loop.
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

    /// The user that the client is, or null when it has not said so and has to.
    @Nullable String user() {
        return user;
    }

    void user(@Nullable String authenticated) {
        user = authenticated;
        limited = false;
    }

    /// The client has to log in again before this moment.
    void endsAt(long momentNs) {
        limited = true;
        endsNs = momentNs;
    }

    /// Whether it is connected for a limited time only.
    boolean isLimited() {
        return limited;
    }

    /// When that time ends; of no meaning otherwise.
    long endsNs() {
        return endsNs;
    }

    boolean readOnly() {
        return readOnly;
    }

    void readOnly(boolean accepted) {
        readOnly = accepted;
    }

    /// Whether it is not to be closed for what it has left unread, unless it alone is too much.
    boolean spared() {
        return spared;
    }

    void spared(boolean wished) {
        spared = wished;
    }

    /// Whether its commands are not to count as uses of the keys: CLIENT NO-TOUCH.
    boolean touchesNothing() {
        return touchesNothing;
    }

    void touchesNothing(boolean wished) {
        touchesNothing = wished;
    }

    /// Whether it has said that it understands redirections, which nodes of a cluster never send:
    /// CLIENT CAPA.
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

    /// How much it has in the heap that the client has chosen, about.
    long heapBytes() {
        return 2L * (name.length() + libraryName.length() + libraryVersion.length());
    }

    /// @param newcomer who a client is that has just connected
    void reset(@Nullable String newcomer) {
        user(newcomer);
        protocol = 2;
        readOnly = false;
        spared = false;
        touchesNothing = false;
        name = "";
    }
}
