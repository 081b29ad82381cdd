package dev.keepsake.engine;

import dev.keepsake.core.PrivateFiles;
import dev.keepsake.core.Secret;
import dev.keepsake.engine.EngineProbe.Finding.Unusable;
import dev.keepsake.engine.EngineProbe.Finding.Usable;
import dev.keepsake.resp.RespValue;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Examines engine programs: it starts each once in its own directory, without clients, asks it for
/// its commands and the version of its dumps, tries the known holes on it, and ends it. The
/// findings are stored in the data directory. Callable from any thread; blocks, so never call it
/// from an event loop.
///
/// **Identity.** A program is the same as long as its path, the version that it reports, and the
/// SHA-256 of its file are the same. This says little about a script that starts the real program,
/// or about a program whose Lua is a library. So on Linux, all files whose code the examined
/// process ran, the real program and its libraries included, must also have the same size and time
/// of last change. On other systems a script must be changed together with the program that it
/// starts; a program of another version is noticed there, too. At each later launch the
/// [EngineLauncher] compares the program with the examined one; [#lookAgain] examines it again.
///
/// A probe may end the engine. Depending on the machine, the engine leaves a core dump in its
/// directory, which is removed, or where the machine collects core dumps.
///
/// Decision 22 (docs/decisions) says why the version is not enough.
public final class EngineExaminer {
    private static final Logger LOG = LoggerFactory.getLogger(EngineExaminer.class);
    private static final int DUMP_FOOTER_BYTES = 10; // two bytes of version, eight of checksum
    private static final long PROBE_WITHIN_NS = TimeUnit.SECONDS.toNanos(5);

    /// The exit codes of an engine that a probe has ended: 128 plus SIGILL, SIGTRAP, SIGABRT,
    /// SIGBUS (two numbers), SIGFPE, SIGSEGV. SIGKILL and SIGTERM come from another process.
    private static final Set<Integer> ENDS_BY_ITSELF = Set.of(132, 133, 134, 135, 136, 138, 139);

    private final EngineLauncher launcher;
    private final Path directory;
    private final RememberedFacts remembered;
    private final long probeWithinNs;
    private final Map<Path, ReentrantLock> turns = new ConcurrentHashMap<>();
    private final Map<EngineBinary, Examined> examined = new ConcurrentHashMap<>();

    private record Examined(EngineFacts facts, ProgramIdentity identity) {}

    /// @param launcher starts the examined programs
    /// @param directory a private directory for the findings; created when needed
    public EngineExaminer(EngineLauncher launcher, Path directory) {
        this(launcher, directory, PROBE_WITHIN_NS);
    }

    /// @param probeWithinNs how long an engine may take to answer a probe or to end by it, in
    ///   nanoseconds
    EngineExaminer(EngineLauncher launcher, Path directory, long probeWithinNs) {
        this.probeWithinNs = probeWithinNs;
        this.launcher = launcher;
        this.directory = directory;
        this.remembered = new RememberedFacts(directory);
    }

    /// The directory in which a server stores its findings.
    public static Path directoryIn(Path dataDirectory) {
        return dataDirectory.resolve("engines");
    }

    /// The facts of a program. Blocks while it is examined, usually some hundredths of a second;
    /// returns at once when its facts are stored.
    ///
    /// @throws IOException when the program cannot be started, does not answer, or has been
    ///   replaced; the next call examines it again
    public EngineFacts examine(EngineBinary binary) throws IOException {
        var turn = turnOf(binary.path());
        turn.lock();
        try {
            var known = examined.get(binary);
            if (known != null && known.identity().changedFile().isEmpty()) {
                return known.facts();
            }
            var file = ProgramFile.of(binary.path());
            var sha256 = Sha256.hexOf(binary.path());
            var before = remembered.of(binary, sha256);
            return before.isPresent()
                    ? learn(before.get().facts(), file, before.get().ran())
                    : examineNow(binary, sha256, file);
        } catch (IOException e) {
            if (whatElse(binary).isPresent()) {
                launcher.refuse(binary);
            }
            throw e;
        } finally {
            turn.unlock();
        }
    }

    /// Examines the program that is now at the path of a replaced one. Blocks as [#examine] does,
    /// and does not use earlier findings.
    public EngineSight lookAgain(EngineBinary before) {
        var turn = turnOf(before.path());
        turn.lock();
        try {
            return switch (EngineProbe.probe(before.path())) {
                case Usable(var binary) ->
                        examineAgain(before.isBundled() ? binary.bundled() : binary);
                case Unusable(var reason, var mayPass) ->
                        mayPass
                                ? new EngineSight.Unexamined(before, "it " + reason)
                                : new EngineSight.Gone(before, reason);
            };
        } finally {
            turn.unlock();
        }
    }

    /// What is there where no program was known to be. Blocks as [#examine] does.
    ///
    /// @return empty when there is none that can be used
    /// @throws IOException when that cannot be told at this moment
    public Optional<EngineSight> lookAt(Path program) throws IOException {
        var turn = turnOf(program);
        turn.lock();
        try {
            return switch (EngineProbe.probe(program)) {
                case Usable(var binary) -> Optional.of(examineAgain(binary));
                case Unusable(var reason, var mayPass) -> {
                    if (mayPass) {
                        throw new IOException(program + " " + reason);
                    }
                    yield Optional.empty();
                }
            };
        } finally {
            turn.unlock();
        }
    }

    /// Whether there is a program at a place, an engine or another. Starts nothing.
    public static boolean isProgram(Path place) {
        return Files.isRegularFile(place) && Files.isExecutable(place);
    }

    private EngineSight examineAgain(EngineBinary now) {
        try {
            var file = ProgramFile.of(now.path());
            return new EngineSight.Examined(examineNow(now, Sha256.hexOf(now.path()), file));
        } catch (IOException | RuntimeException e) { // the answer may have any form
            return new EngineSight.Unexamined(now, String.valueOf(e.getMessage()));
        }
    }

    /// The lock for one path: the directory in which a program is examined is used by one thread at
    /// a time.
    private ReentrantLock turnOf(Path program) {
        return turns.computeIfAbsent(program, _ -> new ReentrantLock());
    }

    /// The difference between a program and the one that is now at its path, for messages; empty
    /// when there is none.
    private static Optional<String> whatElse(EngineBinary binary) {
        return switch (EngineProbe.probe(binary.path())) {
            case Usable(var now) ->
                    now.name().equals(binary.name()) && now.version().equals(binary.version())
                            ? Optional.empty()
                            : Optional.of(
                                    "it says that it is %s %s"
                                            .formatted(now.name(), now.version()));
            case Unusable(var reason, _) -> Optional.of("it " + reason);
        };
    }

    /// @param file the program's own file, as it was before the examination
    private EngineFacts learn(EngineFacts facts, ProgramFile file, List<ProgramFile> ran) {
        var files = new ArrayList<>(ran);
        files.add(file);
        var identity = new ProgramIdentity(files, facts.said());
        examined.put(facts.binary(), new Examined(facts, identity));
        launcher.expect(facts.binary(), identity);
        return facts;
    }

    private EngineFacts examineNow(EngineBinary binary, String sha256, ProgramFile file)
            throws IOException {
        LOG.info("engine is examined, which may end it path={}", binary.path());
        PrivateFiles.directory(directory);
        var workDirectory = directory.resolve("examined-" + RememberedFacts.nameOf(binary));
        try (var throwaway = new Throwaway(binary, workDirectory)) {
            var engine = throwaway.engine();
            // The file was looked at before the start, and the program is asked again now. So a
            // replacement at any time is noticed here or when the program is launched.
            var other = whatElse(binary);
            if (other.isPresent()) {
                throw new ReplacedEngineException(binary, other.get());
            }
            var said = SelfDescription.of(engine);
            var commands = commands(engine);
            int rdbVersion = rdbVersion(engine);
            var ran = ProgramFile.mappedBy(engine.pid());
            var holes = EnumSet.noneOf(KnownHole.class);
            var undecided = EnumSet.noneOf(KnownHole.class);
            for (var hole : KnownHole.values()) {
                switch (outcome(throwaway, hole)) {
                    case CLOSED -> {}
                    case OPEN -> holes.add(hole);
                    case UNDECIDED -> undecided.add(hole);
                }
            }
            LOG.info(
                    "engine examined path={} name={} version={} rdb={} holes={} undecided={}",
                    binary.path(),
                    binary.name(),
                    binary.version(),
                    rdbVersion,
                    holes,
                    undecided);
            var facts =
                    new EngineFacts(binary, sha256, commands, rdbVersion, holes, undecided, said);
            if (undecided.isEmpty() && ran.isPresent()) {
                keepQuietly(facts, ran.get());
            }
            return learn(facts, file, ran.orElse(List.of()));
        } finally {
            removeQuietly(workDirectory);
        }
    }

    private static RespValue.ArrayReply commands(Engine engine) throws IOException {
        if (engine.command("COMMAND") instanceof RespValue.ArrayReply reply) {
            return reply;
        }
        throw new IOException("%s does not list its commands".formatted(engine.binary().path()));
    }

    /// The RDB version in the dump of a value: two bytes before the checksum, the lower one first.
    private static int rdbVersion(Engine engine) throws IOException {
        engine.command("SET", "k", "v");
        if (engine.command("DUMP", "k") instanceof RespValue.Bulk(byte[] dump)
                && dump.length > DUMP_FOOTER_BYTES) {
            int at = dump.length - DUMP_FOOTER_BYTES;
            return Byte.toUnsignedInt(dump[at]) | Byte.toUnsignedInt(dump[at + 1]) << Byte.SIZE;
        }
        throw new IOException("%s does not dump a value".formatted(engine.binary().path()));
    }

    private enum Outcome {
        CLOSED,
        OPEN,
        UNDECIDED
    }

    /// The outcome of one probe. The outcomes of earlier probes stay when the engine cannot be
    /// started again.
    private Outcome outcome(Throwaway throwaway, KnownHole hole) throws IOException {
        Engine engine;
        try {
            engine = throwaway.engine();
        } catch (InterruptedIOException e) {
            throw e;
        } catch (IOException e) {
            LOG.warn(
                    "engine does not start again, so it is unknown whether it has hole={} reason={}",
                    hole,
                    e.toString());
            return Outcome.UNDECIDED;
        }
        return probe(engine, hole);
    }

    private Outcome probe(Engine engine, KnownHole hole) throws IOException {
        try {
            var reply = engine.commandWithin(probeWithinNs, "EVAL", hole.script(), "0");
            return hole.isClosedBy(reply) ? Outcome.CLOSED : Outcome.OPEN;
        } catch (IOException e) {
            LOG.debug("engine={} does not answer to {}", engine.binary().path(), hole, e);
            if (!engine.endsWithin(TimeUnit.NANOSECONDS.toMillis(probeWithinNs))) {
                engine.close(); // it hangs; the next probe gets a new engine
                return Outcome.UNDECIDED;
            }
            boolean byItself = ENDS_BY_ITSELF.contains(engine.exit().join().code());
            return byItself ? Outcome.OPEN : Outcome.UNDECIDED;
        }
    }

    /// Stores the findings. If that fails, the program is examined again another time.
    private void keepQuietly(EngineFacts facts, List<ProgramFile> ran) {
        try {
            remembered.keep(facts, ran);
        } catch (IOException e) {
            LOG.warn("findings about engines cannot be stored directory={}", directory, e);
        }
    }

    private static void removeQuietly(Path workDirectory) {
        try (var files = Files.walk(workDirectory)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException | UncheckedIOException e) {
            LOG.debug("directory={} stays", workDirectory, e);
        }
    }

    /// The engine under examination. A new one is started when the previous one has ended.
    private final class Throwaway implements AutoCloseable {
        private final EngineSpec spec;
        private @Nullable Engine engine;

        Throwaway(EngineBinary binary, Path workDirectory) {
            this.spec =
                    new EngineSpec(
                            "examined",
                            workDirectory,
                            0,
                            "nobody", // the user for a feed, which is not used
                            new Secret(""),
                            binary,
                            // A crash report would take longer than the crash.
                            Map.of("crash-log-enabled", "no"));
        }

        Engine engine() throws IOException {
            var last = engine;
            if (last != null && !last.exit().isDone()) {
                return last;
            }
            close();
            var next = launcher.launchUnknown(spec);
            engine = next;
            return next;
        }

        @Override
        public void close() {
            if (engine != null) {
                engine.close();
            }
        }
    }
}
