package dev.keepsake.front;

/// What a front has counted. A value.
///
/// @param clients how many clients are connected
/// @param commands how many commands clients have given since the front was made, also those that
///   were refused or redirected
public record FrontCounts(int clients, long commands) {
    static final FrontCounts NONE = new FrontCounts(0, 0);
}
