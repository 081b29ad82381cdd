package dev.keepsake.log;

/// What an entry of the log is. The codes are part of the stored format and never change meaning.
public enum EntryKind {
    /// Bytes of the replication stream. The only kind that moves the offset.
    DATA(1),
    /// A node has become leader. The entry's term begins here; the payload is the node's name.
    LEADER(2),
    /// The leader has renewed its lease. No payload.
    LEASE(3),
    /// A snapshot up to the entry's offset is usable; the payload describes it.
    SNAPSHOT(4),
    /// The running checksum of all data bytes before the entry's offset.
    CHECKSUM(5),
    /// The slots that the shard owns from here on.
    SLOTS(6),
    /// The engine that wrote the entries after this one: its name, version and RDB version.
    ENGINE(7);

    private final byte code;

    EntryKind(int code) {
        this.code = (byte) code;
    }

    /// The byte that stands for this kind in stored entries.
    public byte code() {
        return code;
    }

    /// Whether the entry shows that its term's leader is alive: the leader has begun its term or
    /// renewed its lease.
    boolean isSignOfLife() {
        return this == LEADER || this == LEASE;
    }

    /// The kind with the code `code`.
    ///
    /// @throws IllegalArgumentException when no kind has it
    public static EntryKind ofCode(byte code) {
        for (var kind : values()) {
            if (kind.code == code) {
                return kind;
            }
        }
        throw new IllegalArgumentException("no entry kind has the code " + code);
    }
}
