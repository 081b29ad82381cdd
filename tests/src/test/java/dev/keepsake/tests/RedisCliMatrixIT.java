package dev.keepsake.tests;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// redis-cli, as scripts use it: a process a command, or a process that is given several. Skipped
/// where it is not installed; `-Dredis-cli=` names another than that on the PATH.
class RedisCliMatrixIT extends ClientMatrix {
    private static final int ENDS_WITHIN_S = 120;
    private static final String REDIRECTED = "-> Redirected to slot ";

    @Override
    MatrixClient connect(Target target) throws Exception {
        String program = System.getProperty("redis-cli", "redis-cli");
        assumeTrue(ScriptedClientsIT.isThere(program, "--version"), "redis-cli is not installed");
        return new Client(program, target);
    }

    private record Client(String program, Target target) implements MatrixClient {
        private Process begin(String... command) throws IOException {
            var line = new ArrayList<>(List.of(program, "-c", "-e", "--tls"));
            line.addAll(List.of("--cacert", target.ca().toString()));
            line.addAll(List.of("-h", target.host(), "-p", Integer.toString(target.port())));
            line.addAll(List.of("--user", target.user()));
            line.addAll(List.of(command));
            var builder = new ProcessBuilder(line).redirectErrorStream(true);
            builder.environment().put("REDISCLI_AUTH", target.password());
            return builder.start();
        }

        /// What it prints for one command, or for those that are on its standard input.
        private List<String> lines(List<String> input, String... command)
                throws IOException, InterruptedException {
            var process = begin(command);
            try (var out = process.inputReader(UTF_8)) {
                try (var in = process.outputWriter(UTF_8)) {
                    for (var line : input) {
                        in.write(line + "\n");
                    }
                }
                var said = out.readAllLines();
                if (!process.waitFor(ENDS_WITHIN_S, TimeUnit.SECONDS) || process.exitValue() != 0) {
                    throw new IOException("%s ends with %s".formatted(List.of(command), said));
                }
                return said.stream().filter(line -> !line.startsWith(REDIRECTED)).toList();
            } finally {
                process.destroyForcibly();
            }
        }

        private List<String> lines(String... command) throws IOException, InterruptedException {
            return lines(List.of(), command);
        }

        private String line(String... command) throws IOException, InterruptedException {
            return lines(command).getFirst();
        }

        private long number(String... command) throws IOException, InterruptedException {
            return Long.parseLong(line(command));
        }

        private static String[] command(String name, String key, String... more) {
            var words = new ArrayList<>(List.of(name, key));
            words.addAll(Arrays.asList(more));
            return words.toArray(new String[0]);
        }

        @Override
        public void set(String key, String value) throws Exception {
            String answer = line("SET", key, value);
            if (!answer.equals("OK")) {
                throw new IOException(answer);
            }
        }

        @Override
        public @Nullable String get(String key) throws Exception {
            String value = line("GET", key);
            return value.isEmpty() ? null : value; // the program's way to say that there is none
        }

        @Override
        public long increment(String key) throws Exception {
            return number("INCR", key);
        }

        @Override
        public List<String> append(String key, String... elements) throws Exception {
            line(command("RPUSH", key, elements));
            return lines("LRANGE", key, "0", "-1");
        }

        @Override
        public Map<String, String> hash(String key, Map<String, String> fields) throws Exception {
            var words = new ArrayList<String>();
            fields.forEach((field, value) -> words.addAll(List.of(field, value)));
            line(command("HSET", key, words.toArray(new String[0])));
            var all = lines("HGETALL", key);
            var found = new HashMap<String, String>();
            for (int i = 0; i < all.size(); i += 2) {
                found.put(all.get(i), all.get(i + 1));
            }
            return found;
        }

        @Override
        public Set<String> setOf(String key, String... members) throws Exception {
            line(command("SADD", key, members));
            return new HashSet<>(lines("SMEMBERS", key));
        }

        @Override
        public List<String> sorted(String key, Map<String, Double> members) throws Exception {
            for (var member : members.entrySet()) {
                line("ZADD", key, member.getValue().toString(), member.getKey());
            }
            return lines("ZRANGE", key, "0", "-1");
        }

        @Override
        public long stream(String key, Map<String, String> entry) throws Exception {
            var words = new ArrayList<>(List.of("*"));
            entry.forEach((field, value) -> words.addAll(List.of(field, value)));
            line(command("XADD", key, words.toArray(new String[0])));
            return number("XLEN", key);
        }

        @Override
        public long distinct(String key, String... elements) throws Exception {
            line(command("PFADD", key, elements));
            return number("PFCOUNT", key);
        }

        @Override
        public long bits(String key, int... offsets) throws Exception {
            for (int offset : offsets) {
                line("SETBIT", key, Integer.toString(offset), "1");
            }
            return number("BITCOUNT", key);
        }

        @Override
        public double distanceKm(String key) throws Exception {
            for (var place : Map.of("Palermo", PALERMO, "Catania", CATANIA).entrySet()) {
                line(
                        "GEOADD",
                        key,
                        Double.toString(place.getValue()[0]),
                        Double.toString(place.getValue()[1]),
                        place.getKey());
            }
            return Double.parseDouble(line("GEODIST", key, "Palermo", "Catania", "km"));
        }

        @Override
        public List<String> pipeline(Map<String, String> values) throws Exception {
            var commands = new ArrayList<String>();
            values.forEach((key, value) -> commands.add("SET %s %s".formatted(key, value)));
            values.keySet().forEach(key -> commands.add("GET " + key));
            return lines(commands).subList(values.size(), 2 * values.size());
        }

        @Override
        public List<Long> transaction(String key) throws Exception {
            // The first command leads to the node of the slot.
            var said = lines(List.of("GET " + key, "MULTI", "INCR " + key, "INCR " + key, "EXEC"));
            return said.subList(said.size() - 2, said.size()).stream()
                    .map(Long::parseLong)
                    .toList();
        }

        @Override
        public List<String> script(String key, String argument) throws Exception {
            return lines("EVAL", "return {KEYS[1], ARGV[1]}", "1", key, argument);
        }

        @Override
        public String blockingPop(String key) throws Exception {
            return lines("BLPOP", key, "20").get(1);
        }

        @Override
        public Subscription subscribe(String channel, Consumer<String> onMessage) throws Exception {
            var process = begin("SUBSCRIBE", channel);
            var out = process.inputReader(UTF_8);
            nextOfThree(out);
            var listening =
                    Thread.ofVirtual()
                            .start(() -> {
                                try {
                                    while (true) {
                                        onMessage.accept(nextOfThree(out));
                                    }
                                } catch (IOException _) {
                                    // The program has ended.
                                }
                            });
            return () -> {
                process.destroyForcibly();
                Waiting.await("it has ended", () -> !listening.isAlive());
            };
        }

        /// The last of the three lines that it prints for each push.
        private static String nextOfThree(BufferedReader out) throws IOException {
            String line = "";
            for (int i = 0; i < 3; i++) {
                var next = out.readLine();
                if (next == null) {
                    throw new IOException("the program has ended");
                }
                line = next;
            }
            return line;
        }

        @Override
        public void publish(String channel, String message) throws Exception {
            line("PUBLISH", channel, message);
        }

        @Override
        public void close() {}
    }
}
