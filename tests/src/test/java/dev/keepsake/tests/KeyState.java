package dev.keepsake.tests;

/// What one key holds.
///
/// @param text the string, or the items of the list with blanks between them
/// @param items how many items the list has
record KeyState(Kind kind, String text, int items) {
    enum Kind {
        ABSENT,
        STRING,
        LIST
    }

    static final KeyState ABSENT = new KeyState(Kind.ABSENT, "", 0);

    static KeyState string(String text) {
        return new KeyState(Kind.STRING, text, 0);
    }

    KeyState withItem(String item) {
        return new KeyState(Kind.LIST, items == 0 ? item : text + " " + item, items + 1);
    }

    @Override
    public String toString() {
        return switch (kind) {
            case ABSENT -> "nothing";
            case STRING -> "\"" + text + "\"";
            case LIST -> "[" + text + "]";
        };
    }
}
