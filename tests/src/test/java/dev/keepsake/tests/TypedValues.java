package dev.keepsake.tests;

import static java.util.Collections.nCopies;

import dev.keepsake.resp.RespValue;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// A value of every type that an engine has, and on either side of every border behind which it
/// keeps one otherwise; and what a node tells of each, so that two nodes can be compared.
final class TypedValues {
    private static final String LATE_MS = "4102444800123"; // in the year 2100
    private static final int VALUE_BYTES_MAX = 64; // of what is kept in a listpack

    /// Orders their elements by chance, so that the bytes of two of them differ.
    private static final Pattern UNORDERED = Pattern.compile("hashtable|vectorset|raw");

    /// A replica notes its own.
    private static final Pattern TIMES_OF_CONSUMERS =
            Pattern.compile("(seen|active)-time -?\\d+|(idle|inactive) -?\\d+");

    /// Redis 7.0 and 7.2 do not tell replicas how many entries a group has read.
    private static final Pattern COUNTS_OF_GROUPS =
            Pattern.compile("entries-read (nil|\\d+) lag (nil|\\d+)");

    private TypedValues() {}

    private static List<List<String>> commands() {
        var all = new ArrayList<List<String>>();
        strings(all);
        lists(all);
        sets(all);
        hashes(all);
        sortedSets(all);
        streams(all);
        vectors(all);
        all.add(
                List.of(
                        "FUNCTION",
                        "LOAD",
                        "#!lua name=lib\nredis.register_function('one', function() return 1 end)"));
        return all;
    }

    private static void strings(List<List<String>> all) {
        all.add(List.of("SET", "string:empty", ""));
        all.add(List.of("SET", "string:number", "12345"));
        all.add(List.of("SET", "string:large-number", "9223372036854775807"));
        all.add(List.of("SET", "string:short", "x".repeat(44)));
        all.add(List.of("SET", "string:long", "x".repeat(45)));
        all.add(List.of("SET", "string:very-long", "a word, ".repeat(10_000)));
        all.add(List.of("SETBIT", "string:bits", "1000", "1"));
        all.add(List.of("SET", "string:expires", "v", "PXAT", LATE_MS));
        all.add(with("PFADD", "string:few-counted", numbers(10)));
        all.add(with("PFADD", "string:many-counted", numbers(20_000)));
    }

    private static void lists(List<List<String>> all) {
        all.add(List.of("RPUSH", "list:small", "a", "", "-1", "300", "a"));
        all.add(with("RPUSH", "list:several-nodes", numbers(20_000)));
        all.add(with("RPUSH", "list:large", nCopies(3, "large, ".repeat(1_000)).stream()));
    }

    private static void sets(List<List<String>> all) {
        all.add(with("SADD", "set:numbers", numbers(512)));
        all.add(List.of("SADD", "set:large-numbers", "-9223372036854775808", "70000", "1"));
        all.add(with("SADD", "set:more-numbers", numbers(513)));
        all.add(with("SADD", "set:words", words(128)));
        all.add(with("SADD", "set:more-words", words(129)));
        all.add(List.of("SADD", "set:long", "a", "x".repeat(VALUE_BYTES_MAX + 1)));
    }

    private static void hashes(List<List<String>> all) {
        all.add(with("HSET", "hash:small", pairs(128)));
        all.add(with("HSET", "hash:full", pairs(512)));
        all.add(with("HSET", "hash:more", pairs(513)));
        all.add(List.of("HSET", "hash:short-value", "f", "x".repeat(VALUE_BYTES_MAX)));
        all.add(List.of("HSET", "hash:long-value", "f", "x".repeat(VALUE_BYTES_MAX + 1)));
        for (int fields : new int[] {10, 600}) {
            var key = "hash:%d-fields-expire".formatted(fields);
            all.add(with("HSET", key, pairs(fields)));
            all.add(List.of("HPEXPIREAT", key, LATE_MS, "FIELDS", "2", "word-1", "word-7"));
            all.add(List.of("HEXPIREAT", key, "4000000000", "FIELDS", "1", "word-3"));
        }
    }

    private static void sortedSets(List<List<String>> all) {
        all.add(
                List.of(
                        "ZADD",
                        "sorted:scores",
                        "-inf",
                        "a",
                        "0.1",
                        "b",
                        "3e300",
                        "c",
                        "17179869185",
                        "d",
                        "+inf",
                        "e"));
        all.add(with("ZADD", "sorted:full", scores(128)));
        all.add(with("ZADD", "sorted:more", scores(129)));
        all.add(List.of("ZADD", "sorted:long", "1", "x".repeat(VALUE_BYTES_MAX + 1)));
        all.add(List.of("GEOADD", "sorted:places", "13.361389", "38.115556", "Palermo"));
    }

    private static void streams(List<List<String>> all) {
        for (int i = 1; i <= 250; i++) { // a node of it has a hundred
            all.add(List.of("XADD", "stream:long", i + "-1", "field", "v" + i, "other", "" + i));
        }
        all.add(List.of("XDEL", "stream:long", "3-1", "250-1"));
        all.add(List.of("XADD", "stream:groups", "1-1", "f", "1"));
        all.add(List.of("XADD", "stream:groups", "1-2", "f", "2"));
        all.add(List.of("XADD", "stream:groups", "2-1", "g", "3"));
        all.add(List.of("XGROUP", "CREATE", "stream:groups", "all", "0"));
        all.add(List.of("XGROUP", "CREATE", "stream:groups", "new", "$", "ENTRIESREAD", "3"));
        all.add(List.of("XGROUP", "CREATECONSUMER", "stream:groups", "new", "idle"));
        for (var reader : List.of("one", "two")) {
            all.add(
                    List.of(
                            "XREADGROUP",
                            "GROUP",
                            "all",
                            reader,
                            "COUNT",
                            "1",
                            "STREAMS",
                            "stream:groups",
                            ">"));
        }
        all.add(
                List.of(
                        "XCLAIM",
                        "stream:groups",
                        "all",
                        "three",
                        "0",
                        "1-2",
                        "TIME",
                        "1700000000123",
                        "RETRYCOUNT",
                        "7"));
        all.add(List.of("XACK", "stream:groups", "all", "1-1"));
        all.add(List.of("XGROUP", "CREATE", "stream:empty", "waits", "$", "MKSTREAM"));
        all.add(
                List.of(
                        "XSETID",
                        "stream:empty",
                        "9-9",
                        "ENTRIESADDED",
                        "9",
                        "MAXDELETEDID",
                        "9-8"));
    }

    private static void vectors(List<List<String>> all) {
        for (var how : List.of("Q8", "BIN", "NOQUANT")) {
            var key = "vectors:" + how;
            for (int i = 0; i < 20; i++) {
                all.add(
                        List.of(
                                "VADD",
                                key,
                                "VALUES",
                                "3",
                                "" + i,
                                "" + (20 - i),
                                "0.5",
                                "word-" + i,
                                how));
            }
            all.add(List.of("VSETATTR", key, "word-7", "{\"year\":1999}"));
            all.add(List.of("VREM", key, "word-11"));
        }
        all.add(
                List.of(
                        "VADD",
                        "vectors:reduced",
                        "REDUCE",
                        "2",
                        "VALUES",
                        "4",
                        "1",
                        "2",
                        "3",
                        "4",
                        "word"));
    }

    private static List<String> with(String command, String key, Stream<String> arguments) {
        return Stream.concat(Stream.of(command, key), arguments).toList();
    }

    private static Stream<String> numbers(int count) {
        return IntStream.range(0, count).mapToObj(Integer::toString);
    }

    private static Stream<String> words(int count) {
        return numbers(count).map("word-"::concat);
    }

    private static Stream<String> pairs(int count) {
        return numbers(count).flatMap(i -> Stream.of("word-" + i, i));
    }

    private static Stream<String> scores(int count) {
        return numbers(count).flatMap(i -> Stream.of(i + ".5", "word-" + i));
    }

    /// Writes all that the engine knows the commands for.
    ///
    /// @return the commands that it does not know
    static List<String> write(Wire wire) throws IOException {
        var unknown = new ArrayList<String>();
        for (var command : commands()) {
            var reply = wire.ask(command.toArray(new String[0]));
            if (reply.startsWith("-ERR unknown command")) {
                unknown.add(command.getFirst());
            } else if (reply.startsWith("-")) {
                throw new AssertionError("%s: %s".formatted(command, reply));
            }
        }
        return unknown.stream().distinct().sorted().toList();
    }

    /// What a node tells of them: of each key, and of the functions.
    static Map<String, String> read(Wire wire) throws IOException {
        var told = new TreeMap<String, String>();
        told.put("functions", wire.ask("FUNCTION", "LIST", "WITHCODE"));
        wire.send("KEYS", "*:*");
        for (var key : strings(wire.readValue())) {
            told.put(key, describe(wire, key));
        }
        return told;
    }

    /// The same of what does not depend on the engine: what is in each key, and not how it is kept.
    static Map<String, String> readContents(Wire wire) throws IOException {
        var told = new TreeMap<String, String>();
        told.put("functions", wire.ask("FUNCTION", "LIST", "WITHCODE"));
        wire.send("KEYS", "*:*");
        for (var key : strings(wire.readValue())) {
            var type = wire.ask("TYPE", key);
            told.put(
                    key,
                    "%s, expires %s: %s"
                            .formatted(
                                    type, wire.ask("PEXPIRETIME", key), contents(wire, type, key)));
        }
        return told;
    }

    private static String contents(Wire wire, String type, String key) throws IOException {
        return switch (type) {
            case "string" -> {
                wire.send("GET", key);
                yield hex(wire.readValue());
            }
            case "list" -> wire.ask("LRANGE", key, "0", "-1");
            case "zset" -> scores(wire, key);
            case "stream" -> entries(wire, key);
            default -> unordered(wire, type, key);
        };
    }

    /// Redis 7.0 writes 0.1 with seventeen digits.
    private static String scores(Wire wire, String key) throws IOException {
        wire.send("ZRANGE", key, "0", "-1", "WITHSCORES");
        var all = strings(wire.readValue());
        var scores = new ArrayList<String>();
        for (int i = 0; i < all.size(); i += 2) {
            var score = all.get(i + 1);
            scores.add(all.get(i) + " " + (score.endsWith("inf") ? score : Double.valueOf(score)));
        }
        return scores.toString();
    }

    /// Its groups, too, but for what Redis 7.0 does not tell others.
    private static String entries(Wire wire, String key) throws IOException {
        var full = wire.ask("XINFO", "STREAM", key, "FULL", "COUNT", "1000");
        var timeless = TIMES_OF_CONSUMERS.matcher(full).replaceAll("");
        return COUNTS_OF_GROUPS.matcher(timeless).replaceAll("").replaceAll(" +", " ");
    }

    /// Changes what was written: one more element in each, behind which those that were full are
    /// kept otherwise; one less; and one that is not there any more.
    ///
    /// @param word another one each time
    static void change(Wire wire, String word) throws IOException {
        for (var command :
                List.of(
                        List.of("SET", "string:" + word, word),
                        List.of("APPEND", "string:short", word),
                        List.of("INCRBY", "string:number", "77"),
                        List.of("RPUSH", "list:small", word),
                        List.of("LPOP", "list:several-nodes"),
                        List.of("SADD", "set:numbers", "100" + word.length()),
                        List.of("SADD", "set:large-numbers", word),
                        List.of("SADD", "set:words", word),
                        List.of("SPOP", "set:more-words"),
                        List.of("HSET", "hash:full", word, word),
                        List.of("HINCRBY", "hash:more", "word-3", "5"),
                        List.of("ZADD", "sorted:full", "-1.5", word),
                        List.of("ZINCRBY", "sorted:more", "0.25", "word-9"),
                        List.of("XADD", "stream:long", "*", "field", word),
                        List.of("XGROUP", "CREATE", "stream:groups", word, "$"),
                        List.of("DEL", "string:very-long"))) {
            var reply = wire.ask(command.toArray(new String[0]));
            if (reply.startsWith("-")) {
                throw new AssertionError("%s: %s".formatted(command, reply));
            }
        }
    }

    private static String describe(Wire wire, String key) throws IOException {
        var type = wire.ask("TYPE", key);
        var encoding = wire.ask("OBJECT", "ENCODING", key);
        var lines = new ArrayList<String>();
        lines.add(type);
        lines.add("expires " + wire.ask("PEXPIRETIME", key));
        if (!type.equals("string")) { // how that is kept depends on how it has come
            lines.add("kept as " + encoding);
        }
        if (type.equals("stream")) {
            lines.add(stream(wire, key));
        } else if (UNORDERED.matcher(encoding).matches() && !type.equals("string")) {
            lines.add(unordered(wire, type, key));
        } else {
            wire.send("DUMP", key);
            lines.add(hex(wire.readValue()));
        }
        return String.join("\n", lines);
    }

    private static String stream(Wire wire, String key) throws IOException {
        var full = wire.ask("XINFO", "STREAM", key, "FULL", "COUNT", "1000");
        var timeless = TIMES_OF_CONSUMERS.matcher(full).replaceAll("");
        return wire.ask("INFO", "server").contains("redis_version:7.0.")
                ? COUNTS_OF_GROUPS.matcher(timeless).replaceAll("")
                : timeless;
    }

    private static String unordered(Wire wire, String type, String key) throws IOException {
        return switch (type) {
            case "set" -> {
                wire.send("SMEMBERS", key);
                yield strings(wire.readValue()).stream().sorted().toList().toString();
            }
            case "hash" -> fields(wire, key).toString();
            default -> vectors(wire, key);
        };
    }

    private static Map<String, String> fields(Wire wire, String key) throws IOException {
        wire.send("HGETALL", key);
        var all = strings(wire.readValue());
        var fields = new TreeMap<String, String>();
        for (int i = 0; i < all.size(); i += 2) {
            var expires = wire.ask("HPEXPIRETIME", key, "FIELDS", "1", all.get(i));
            boolean never = expires.startsWith("-") || expires.equals("[-1]");
            fields.put(all.get(i), all.get(i + 1) + " " + (never ? "" : expires));
        }
        return fields;
    }

    /// Their graph is made by chance; so every element is looked at.
    private static String vectors(Wire wire, String key) throws IOException {
        var lines = new ArrayList<String>();
        lines.add(wire.ask("VCARD", key) + " of " + wire.ask("VDIM", key));
        for (var element : words(20).toList()) {
            lines.add(wire.ask("VEMB", key, element) + wire.ask("VGETATTR", key, element));
        }
        var near = wire.ask("VSIM", key, "VALUES", "3", "1", "2", "3", "COUNT", "50", "TRUTH");
        lines.add(Stream.of(near.split("[\\[ \\]]", -1)).sorted().toList().toString());
        return String.join("\n", lines);
    }

    private static String hex(RespValue reply) {
        return HexFormat.of().formatHex(((RespValue.Bulk) reply).bytes());
    }

    private static List<String> strings(RespValue reply) {
        return ((RespValue.ArrayReply) reply).items().stream().map(Wire::show).toList();
    }
}
