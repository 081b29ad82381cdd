package dev.keepsake.core;

import static dev.keepsake.core.Checks.checkArgument;

import java.util.regex.Pattern;

/// A block of IPv4 addresses, such as `127.0.1.0/24`. The first address of a block is its name and
/// the last one is its broadcast address, so neither is assigned to a listener.
///
/// @param first the block's first address, as a number
/// @param prefixBits how many leading bits all its addresses have in common, 20 to 30. The lower
///   limit bounds how many addresses a search for a free one tries
public record AddressBlock(long first, int prefixBits) {
    private static final int PREFIX_MIN_BITS = 20;
    private static final int PREFIX_MAX_BITS = 30;
    private static final int ADDRESS_BITS = 32;
    private static final String EXAMPLE = "for example 127.0.1.0/24";
    private static final Pattern FORM =
            Pattern.compile("(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})/(\\d{1,2})");

    public AddressBlock {
        checkArgument(
                prefixBits >= PREFIX_MIN_BITS && prefixBits <= PREFIX_MAX_BITS,
                "a block of addresses has a prefix of %d bits; give one of %d to %d, %s",
                prefixBits,
                PREFIX_MIN_BITS,
                PREFIX_MAX_BITS,
                EXAMPLE);
        long begin = first & -(1L << (ADDRESS_BITS - prefixBits));
        checkArgument(
                first == begin,
                "%s is not where a block of /%d begins; give %s/%d",
                text(first),
                prefixBits,
                text(begin),
                prefixBits);
    }

    /// Parses `A.B.C.D/BITS`.
    ///
    /// @throws IllegalArgumentException when the text is not such a block; the message shows a
    ///   valid one
    public static AddressBlock parse(String text) {
        var match = FORM.matcher(text);
        checkArgument(
                match.matches(), "'%s' is no block of IPv4 addresses; give %s", text, EXAMPLE);
        long first = 0;
        for (int i = 1; i <= 4; i++) {
            int part = Integer.parseInt(match.group(i));
            checkArgument(part <= 255, "'%s' has %d in an address; give %s", text, part, EXAMPLE);
            first = first << 8 | part;
        }
        return new AddressBlock(first, Integer.parseInt(match.group(5)));
    }

    /// How many addresses of the block can be assigned: all but the first and the last.
    public int size() {
        return (1 << (ADDRESS_BITS - prefixBits)) - 2;
    }

    /// An address of the block that can be assigned.
    ///
    /// @param number from 0 to [#size()] - 1
    public String address(int number) {
        checkArgument(number >= 0 && number < size(), "address %d of %s", number, this);
        return text(first + 1 + number);
    }

    private static String text(long address) {
        return "%d.%d.%d.%d"
                .formatted(
                        address >> 24 & 255,
                        address >> 16 & 255,
                        address >> 8 & 255,
                        address & 255);
    }

    @Override
    public String toString() {
        return text(first) + "/" + prefixBits;
    }
}
