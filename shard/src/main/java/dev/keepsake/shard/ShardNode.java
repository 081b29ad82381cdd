package dev.keepsake.shard;

import dev.keepsake.core.Clock;
import dev.keepsake.core.Term;
import dev.keepsake.engine.Engine;
import dev.keepsake.engine.EngineExit;
import dev.keepsake.engine.EngineLauncher;
import dev.keepsake.engine.EngineStamp;
import dev.keepsake.engine.NewerEngineException;
import dev.keepsake.engine.Transport;
import dev.keepsake.log.AppendOutcome;
import dev.keepsake.log.ClaimOutcome;
import dev.keepsake.log.RunningChecksum;
import dev.keepsake.log.Tail;
import dev.keepsake.log.TransactionLog;
import dev.keepsake.resp.RespValue;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.FixedRecvByteBufAllocator;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One life of a node of a shard: an engine that begins empty, follows the log, may be promoted,
/// may hand over and follow again, and ends. A node that fails gets a new `ShardNode`, and nothing
/// of the old engine is used again.
///
/// Owned by the node's event loop: all state is used there, and the listener is called there.
/// [#start], [#claim], [#handOver], [#crash] and [#close] may be called from any thread. Blocking
/// work (launching, `REPLICAOF`, asking for the engine's offset) runs on virtual threads that
/// report back to the loop.
///
/// Every node starts in the same way, also the first primary of a new shard: as a replica of its
/// own feed, from the newest snapshot and the log behind it. Leadership is then a claim. The
/// engine's promotion follows the claim, and never precedes it.
///
/// Decisions 2 and 5 (docs/decisions) explain why nodes start and hand over in this way.
public final class ShardNode implements AutoCloseable {
    /// The node's reports to its owner, on the event loop.
    public interface Listener {
        /// The engine runs and begins to load: until it is ready, answers from `socket` may be used
        /// only if they do not depend on data.
        void onLoading(ShardNode node, Path socket);

        /// The engine follows the log and is close to its tail: reads may be served from `socket`.
        void onReplicaReady(ShardNode node, Path socket);

        /// The engine, which was a replica, is about to accept writes.
        ///
        /// @return completes when no command of a client is sent to the engine any more, until
        ///   [#onPrimary]
        CompletableFuture<Void> onPromoting(ShardNode node);

        /// The node leads, its engine is a primary and its stream is being logged: commands may be
        /// executed.
        void onPrimary(ShardNode node, Term term, Path socket);

        /// Everything before `offset` is durable; replies up to it may be sent.
        void onDurable(ShardNode node, long offset);

        /// A message was published and is durable, and so is everything that was executed before
        /// it.
        void onPublished(ShardNode node, Publication publication);

        /// The log has no room for more writes, for a reason that is shown to people; null when it
        /// has room again.
        void onLogFull(ShardNode node, @Nullable String reason);

        /// The lease has been renewed: replies that have waited for it may be sent.
        void onLeaseRenewed(ShardNode node);

        /// The node has handed over and does not lead any more. Its engine contains only what the
        /// log contains, and follows from now on. [#onReplicaReady] comes as for any other replica.
        void onResigned(ShardNode node);

        /// This life is over: the engine's data may not be used for replies any more.
        void onRetired(ShardNode node);
    }

    /// The engine was made a replica, and has executed everything before `offset`. It continues
    /// when the log contains that. The checksum is that of the log's data up to the offset.
    private record Resignation(long offset, CompletableFuture<Long> checksum) {}

    private static final Logger LOG = LoggerFactory.getLogger(ShardNode.class);
    private static final int TAP_READ_BYTES = 64 * 1024;

    // Two ticks may pass between the end of a silence and the claim: the node sees the last renewal
    // up to one tick late, and also the absence of a further one.
    private static final long TICK_MS = 20;

    // An engine begins to follow within milliseconds. One that does not is discarded.
    private static final long HANDOVER_MAX_MS = 2_000;

    // A replica counts as caught up when it has applied what the log contained this long ago (plus
    // the replica's delay).
    private static final long CAUGHT_UP_WITHIN_NS = TimeUnit.MILLISECONDS.toNanos(100);

    private final ShardNodeConfig config;
    private final EventLoop loop;
    private final TransactionLog log;
    private final SnapshotStore snapshots;
    private final EngineLauncher launcher;
    private final Transport transport;
    private final Clock clock;
    private final ThreadFactory threads;
    private final UnitRoom unitRoom;
    private final BooleanSupplier leaderIsComing;
    private final Listener listener;

    private final Leadership leadership;
    private final EngineProbe probe;
    private final CatchUp catchUp;
    private volatile boolean ended;
    private volatile boolean promoting;
    private volatile long appliedOffset = -1;
    private volatile Term wonTerm = Term.NONE;
    private volatile @Nullable EngineStamp engineNeeded;

    private @Nullable Engine engine;
    private volatile @Nullable Feed feed;
    private @Nullable Channel tap;
    private @Nullable PrimaryStream stream;
    private @Nullable Feed nextFeed; // for an engine that hands over
    private @Nullable Resignation resignation;
    private @Nullable Future<?> givingUp;
    private @Nullable EngineWatch watch; // for an engine that is promoted
    private @Nullable Future<?> ticking;
    private boolean silent;
    private long wonIndex;

    /// @param threads makes the virtual threads for blocking work
    /// @param unitRoom how many large units of replication may be in memory at once
    /// @param leaderIsComing called on the event loop: while it returns true, the node does not
    ///   claim because of another node's silence
    public ShardNode(
            ShardNodeConfig config,
            EventLoop loop,
            TransactionLog log,
            SnapshotStore snapshots,
            EngineLauncher launcher,
            Transport transport,
            Clock clock,
            ThreadFactory threads,
            UnitRoom unitRoom,
            BooleanSupplier leaderIsComing,
            Listener listener) {
        this.leaderIsComing = leaderIsComing;
        this.config = config;
        this.loop = loop;
        this.log = log;
        this.snapshots = snapshots;
        this.launcher = launcher;
        this.transport = transport;
        this.clock = clock;
        this.threads = threads;
        this.unitRoom = unitRoom;
        this.listener = listener;
        this.leadership = new Leadership(config.node(), config.timings(), clock.nowNs());
        this.probe = new EngineProbe(log, config.engineTimeoutNs(), new ProbeListener());
        this.catchUp = new CatchUp(config.feedDelayNs() + CAUGHT_UP_WITHIN_NS);
    }

    /// The node's name.
    public String name() {
        return config.node();
    }

    /// The offset that the engine had applied at the last probe, in bytes; -1 before it follows.
    /// May be called from any thread.
    public long appliedOffset() {
        return appliedOffset;
    }

    /// The term that the node has won in this life, if it has won one. May be called from any
    /// thread.
    public Term wonTerm() {
        return wonTerm;
    }

    /// The engine that wrote data from which this node's engine cannot continue, if there is such
    /// data: another life on the same engine would fail too. May be called from any thread.
    public @Nullable EngineStamp engineNeeded() {
        return engineNeeded;
    }

    /// The first log entry that the node has not read yet, or `Long.MAX_VALUE` when it reads none.
    /// May be called from any thread.
    ///
    /// @param offset a node that follows the log and has not yet read what is before this offset
    ///   needs nothing: it is so far behind that a restart from a snapshot is better
    public long neededIndex(long offset) {
        var reading = feed;
        if (reading == null) {
            return Long.MAX_VALUE;
        }
        var sent = reading.sent();
        boolean follows = sent.nextIndex() > 0;
        return follows && sent.offset() < offset ? Long.MAX_VALUE : sent.nextIndex();
    }

    /// Launches the engine and lets it follow the log.
    public void start() {
        threads.newThread(this::launch).start();
    }

    /// Asks the node to become primary as soon as it has applied the whole log. The node does not
    /// claim if the log has a newer term.
    ///
    /// @param over the newest term that is certainly over
    public void claim(Term over) {
        inLoop(() -> run(leadership.wantClaim(over)));
        probe.hurry();
    }

    /// Kills the engine now. Only what had been read from it before is still appended.
    ///
    /// @param reason why, for people
    public void crash(String reason) {
        retire(reason);
    }

    /// Stops renewing the lease and reading the engine's stream, like a machine that hangs, until
    /// the node is crashed.
    public void fallSilent() {
        inLoop(() -> {
            silent = true;
            if (tap != null) {
                tap.config().setAutoRead(false);
            }
        });
    }

    /// Gives up the leadership. The engine becomes a replica at once, which ends blocked commands
    /// as in Redis. When the log contains everything that the engine has executed, the node resigns
    /// and follows. If the engine does not do so soon, it is discarded together with the node.
    public void handOver() {
        inLoop(() -> {
            var leading = engine;
            boolean leads = leadership.state() == Leadership.State.LEADING && !silent;
            if (!leads || leading == null) {
                run(leadership.retire("handed over on request while it did not lead"));
            } else if (givingUp == null) {
                givingUp = loop.schedule(this::giveUp, HANDOVER_MAX_MS, TimeUnit.MILLISECONDS);
                threads.newThread(() -> demote(leading)).start();
            }
        });
    }

    private void giveUp() {
        run(leadership.retire("handed over on request, and its engine did not follow"));
    }

    /// Runs on a virtual thread.
    private void demote(Engine leading) {
        try {
            var next = openFeed(this::awaitLogged);
            inLoop(() -> onNextFeed(next)); // it is closed with the engine, not before
            expectOk(leading.command("REPLICAOF", "127.0.0.1", Integer.toString(next.port())));
        } catch (IOException e) {
            retire("its engine could not be made a replica: " + e.getMessage());
        }
    }

    private void onNextFeed(Feed opened) {
        if (leadership.state() == Leadership.State.RETIRED) {
            var ending = engine;
            threads.newThread(() -> discard(ending, opened)).start();
        } else {
            nextFeed = opened;
        }
    }

    /// Called on a thread of the feed, when the engine asks where to continue. From then on, the
    /// engine executes only what the feed sends.
    private long awaitLogged(long offset) throws IOException, InterruptedException {
        var checksum = new CompletableFuture<Long>();
        inLoop(() -> {
            resignation = new Resignation(offset, checksum);
            resignWhenLogged();
        });
        try {
            return checksum.get(HANDOVER_MAX_MS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException(
                    "the log does not contain all that was executed before offset %d"
                            .formatted(offset),
                    e);
        }
    }

    /// Resigns when the log contains everything that the engine has executed. The tap stays
    /// connected until then, because the engine keeps it until the engine knows where to continue.
    private void resignWhenLogged() {
        var logged = stream;
        var asked = resignation;
        if (asked == null || logged == null || leadership.state() != Leadership.State.LEADING) {
            return;
        }
        if (logged.endOffset() > asked.offset()) {
            run(
                    leadership.retire(
                            "its engine continues at offset %d, but its stream went to %d"
                                    .formatted(asked.offset(), logged.endOffset())));
            return;
        }
        if (logged.durableOffset() < asked.offset()) {
            return; // called again when more is durable
        }
        resign(asked, logged.checksum());
    }

    private void resign(Resignation asked, long checksum) {
        long nowNs = clock.nowNs();
        leadership.resign(nowNs);
        if (watch != null) {
            watch.end();
            watch = null;
        }
        LOG.info("node={} resigned offset={}", name(), asked.offset());
        resignation = null;
        if (givingUp != null) {
            givingUp.cancel(false);
            givingUp = null;
        }
        if (stream != null) {
            stream.close();
            stream = null;
        }
        if (tap != null) {
            tap.close();
            tap = null;
        }
        feed = nextFeed;
        nextFeed = null;
        promoting = false;
        catchUp.beginAgain();
        probe.hurry();
        listener.onResigned(this); // before another node can lead
        asked.checksum().complete(checksum);
        var following = requireEngine();
        threads.newThread(() -> probe.run(following)).start();
    }

    /// Sets other parameters of the engine while it runs.
    ///
    /// @return completes when they are set, on any thread; exceptionally when they are not
    public CompletableFuture<Void> configure(Map<String, String> parameters) {
        var done = new CompletableFuture<Void>();
        inLoop(() -> {
            var configured = engine;
            if (configured == null || ended) {
                done.completeExceptionally(
                        new IOException("node %s has no engine now".formatted(name())));
            } else {
                threads.newThread(() -> configure(configured, parameters, done)).start();
            }
        });
        return done;
    }

    private static void configure(
            Engine configured, Map<String, String> parameters, CompletableFuture<Void> done) {
        var command = new ArrayList<>(List.of("CONFIG", "SET"));
        parameters.forEach((name, value) -> {
            command.add(name);
            command.add(value);
        });
        try {
            if (!parameters.isEmpty()) {
                expectOk(configured.command(command.toArray(new String[0])));
            }
            done.complete(null);
        } catch (IOException e) {
            done.completeExceptionally(e);
        }
    }

    /// Whether the node leads and its lease holds. To be called on the event loop.
    public boolean mayReply() {
        return leadership.mayReply(clock.nowNs());
    }

    /// Ends this life, if it has not ended, and frees everything. Idempotent.
    @Override
    public void close() {
        retire("closed");
    }

    private void retire(String reason) {
        if (loop.inEventLoop()) {
            run(leadership.retire(reason));
        } else {
            inLoop(() -> run(leadership.retire(reason)));
        }
    }

    /// Runs an action on the event loop, or drops it when the loop has ended, and everything with
    /// it.
    private void inLoop(Runnable action) {
        try {
            loop.execute(action);
        } catch (RejectedExecutionException e) {
            LOG.debug("node={} reports to an event loop that has ended", name());
        }
    }

    // ---- starting: on a virtual thread, then on the loop

    private void launch() {
        Engine launched = null;
        Feed opened = null;
        try {
            opened = openFeed(null);
            launched = launcher.launch(config.engine());
            String port = Integer.toString(opened.port());
            expectOk(launched.command("REPLICAOF", "127.0.0.1", port));
        } catch (IOException e) {
            LOG.warn("node={} cannot start its engine reason={}", name(), e.getMessage());
            discard(launched, opened);
            retire("its engine could not be started: " + e.getMessage());
            return;
        }
        var started = launched;
        var feeding = opened;
        inLoop(() -> onLaunched(started, feeding));
    }

    private Feed openFeed(Feed.@Nullable Continuation continuation) throws IOException {
        return Feed.open(
                new FeedConfig(
                        name(),
                        config.replicationId(),
                        config.engine().feedUser(),
                        config.engine().feedPassword(),
                        config.feedDelayNs(),
                        Long.MAX_VALUE,
                        config.stamp()),
                log,
                snapshots::newestChecked,
                clock,
                threads,
                continuation,
                this::onFeedFault);
    }

    private void onLaunched(Engine launched, Feed opened) {
        if (leadership.state() == Leadership.State.RETIRED) {
            discard(launched, opened);
            return;
        }
        engine = launched;
        feed = opened;
        launched.exit().thenAccept(exit -> inLoop(() -> onEngineExit(exit)));
        listener.onLoading(this, socket());
        ticking = loop.scheduleAtFixedRate(this::tick, TICK_MS, TICK_MS, TimeUnit.MILLISECONDS);
        threads.newThread(() -> probe.run(launched)).start();
    }

    private void onFeedFault(IOException fault) {
        if (fault instanceof NewerEngineException newer) {
            engineNeeded = newer.needed();
        }
        LOG.error("node={} cannot follow the log reason={}", name(), fault.getMessage());
        retire("it cannot follow the log: " + fault.getMessage());
    }

    private void onEngineExit(EngineExit exit) {
        run(leadership.retire("its engine ended: " + exit.how()));
    }

    private void tick() {
        if (silent) {
            return;
        }
        if (leaderIsComing.getAsBoolean()) {
            leadership.leaderIsComing(clock.nowNs());
        }
        run(leadership.onTick(log.tail(), clock.nowNs()));
    }

    // ---- following

    /// The results of the probes of a replica's engine.
    private final class ProbeListener implements EngineProbe.Listener {
        @Override
        public void onOffset(Tail tail, long offset) {
            appliedOffset = offset;
            inLoop(() -> onProgress(tail, offset));
        }

        @Override
        public void onNoAnswer(IOException reason) {
            if (!promoting) { // the promotion closes all connections, also the probe's
                retire("its engine does not answer: " + reason.getMessage());
            }
        }
    }

    private void onProgress(Tail tail, long offset) {
        if (leadership.state() == Leadership.State.RETIRED) {
            return;
        }
        long nowNs = clock.nowNs();
        if (leaderIsComing.getAsBoolean()) {
            leadership.leaderIsComing(nowNs);
        }
        if (catchUp.note(tail.endOffset(), offset, nowNs)) {
            probe.relax();
            listener.onReplicaReady(this, socket());
        }
        run(leadership.onProgress(tail, offset, nowNs));
    }

    // ---- what the leadership decides

    private void run(List<Leadership.Effect> effects) {
        for (var effect : effects) {
            switch (effect) {
                case Leadership.Effect.Claim(long tailIndex) -> claimAt(tailIndex);
                case Leadership.Effect.Promote(Term term) -> promote(term);
                case Leadership.Effect.Renew(Term term) -> renew(term);
                case Leadership.Effect.Retire(String reason) -> end(reason);
            }
        }
    }

    private void claimAt(long tailIndex) {
        long sentNs = clock.nowNs();
        log.claim(name(), tailIndex)
                .whenComplete((outcome, failure) -> {
                    var decided = failure == null ? outcome : new ClaimOutcome.Unknown(failure);
                    inLoop(() -> onClaimed(decided, sentNs));
                });
    }

    private void onClaimed(ClaimOutcome outcome, long sentNs) {
        if (outcome instanceof ClaimOutcome.Won(Term _, long index)) {
            wonIndex = index;
        }
        run(leadership.onClaimed(outcome, sentNs, clock.nowNs()));
    }

    private void renew(Term term) {
        long sentNs = clock.nowNs();
        log.renew(term)
                .whenComplete((outcome, failure) -> {
                    var decided = failure == null ? outcome : new AppendOutcome.Unknown(failure);
                    inLoop(() -> onRenewed(decided, sentNs));
                });
    }

    private void onRenewed(AppendOutcome outcome, long sentNs) {
        run(leadership.onRenewed(outcome, sentNs));
        if (outcome instanceof AppendOutcome.Appended
                && leadership.state() == Leadership.State.LEADING) {
            listener.onLeaseRenewed(this);
        }
    }

    private void promote(Term term) {
        wonTerm = term;
        var promoted = requireEngine();
        var watching = new EngineWatch(promoted, config.engineTimeoutNs(), this::onNoAnswer);
        watch = watching;
        long offset = log.tail().endOffset(); // all applied, as the claim succeeded
        promoting = true;
        var left = listener.onPromoting(this);
        threads.newThread(
                        () -> {
                            try {
                                await(left);
                                endReplica(promoted);
                            } catch (IOException e) {
                                retire("its engine could not be promoted: " + e.getMessage());
                                return;
                            }
                            inLoop(() -> attachTap(term, offset));
                            watching.run();
                        })
                .start();
    }

    /// Makes the engine a primary. A script that a client has sent to the replica must not be
    /// executed by the primary, because it could write keys that are not marked, and its reply
    /// would not be parked. So the connections of all clients are closed first, and commands that
    /// the engine has not read are lost.
    private static void endReplica(Engine promoted) throws IOException {
        for (var type : List.of("normal", "pubsub")) {
            expectCount(promoted.command("CLIENT", "KILL", "TYPE", type, "SKIPME", "yes"));
        }
        expectOk(promoted.command("REPLICAOF", "NO", "ONE"));
    }

    private static void expectCount(RespValue reply) throws IOException {
        if (!(reply instanceof RespValue.IntegerReply)) {
            throw new IOException("the engine refused to close its connections: " + reply);
        }
    }

    private void await(CompletableFuture<Void> left) throws IOException {
        try {
            left.get(config.engineTimeoutNs(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted before clients had left the engine", e);
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException("clients have not left the engine", e);
        }
    }

    /// For a primary's engine, or one that has just handed over.
    private void onNoAnswer(IOException reason) {
        if (!ended) {
            retire("its engine does not answer: " + reason.getMessage());
        }
    }

    private void attachTap(Term term, long offset) {
        if (leadership.state() != Leadership.State.PROMOTING) {
            return;
        }
        var following = feed;
        var sent = following == null ? Feed.Sent.NOTHING : following.sent();
        if (sent.offset() != offset) {
            run(
                    leadership.retire(
                            "its feed is at offset %d, but the engine was promoted at %d"
                                    .formatted(sent.offset(), offset)));
            return;
        }
        if (following != null) {
            feed = null; // a primary needs no feed
            threads.newThread(following::close).start();
        }
        appliedOffset = offset;
        // The entries that the feed has not read yet contain no data, but may name another engine.
        boolean engineIsKnown =
                sent.nextIndex() >= wonIndex && config.stamp().equals(sent.writer());
        var attached =
                new PrimaryStream(
                        log,
                        term,
                        offset,
                        new RunningChecksum(sent.checksum()),
                        new PrimaryStream.Bounds(config.unitMaxBytes(), config.undecidedMaxBytes()),
                        unitRoom,
                        this::inLoop,
                        (pauseMs, action) -> loop.schedule(action, pauseMs, TimeUnit.MILLISECONDS),
                        threads,
                        new Leading(term, engineIsKnown));
        stream = attached;
        var connecting =
                new Bootstrap()
                        .group(loop)
                        .channel(transport.domainChannel())
                        .option(
                                ChannelOption.RECVBUF_ALLOCATOR,
                                new FixedRecvByteBufAllocator(TAP_READ_BYTES))
                        .handler(
                                new Tap(
                                        config.replicationId(),
                                        offset,
                                        attached::durableOffset,
                                        attached))
                        .connect(transport.domainAddress(socket()));
        tap = connecting.channel();
        connecting.addListener(done -> {
            if (!done.isSuccess()) {
                attached.onDetached("cannot connect to the engine: " + done.cause());
            }
        });
    }

    private void end(String reason) {
        ended = true;
        probe.end();
        if (watch != null) {
            watch.end();
        }
        if (ticking != null) {
            ticking.cancel(false);
        }
        if (tap != null) {
            tap.close();
        }
        if (stream != null) {
            stream.close();
        }
        var engine = this.engine;
        if (engine != null) {
            engine.kill();
        }
        if (givingUp != null) {
            givingUp.cancel(false);
        }
        if (resignation != null) {
            resignation.checksum().cancel(false);
            resignation = null;
        }
        var feed = this.feed;
        var next = nextFeed;
        nextFeed = null;
        if (feed != null || next != null || engine != null) {
            threads.newThread(
                            () -> {
                                discard(engine, feed);
                                discard(null, next);
                            })
                    .start();
        }
        LOG.info("node={} retired reason={}", name(), reason);
        listener.onRetired(this);
    }

    /// The engine is closed first: while it lives, no other feed may get the port of its feed.
    private static void discard(@Nullable Engine engine, @Nullable Feed feed) {
        if (engine != null) {
            engine.close();
        }
        if (feed != null) {
            feed.close();
        }
    }

    private Engine requireEngine() {
        var present = engine;
        if (present == null) {
            throw new IllegalStateException(
                    "node %s has no engine while %s".formatted(name(), leadership.state()));
        }
        return present;
    }

    private Path socket() {
        return requireEngine().socket();
    }

    private static void expectOk(RespValue answer) throws IOException {
        if (!(answer instanceof RespValue.SimpleString)) {
            throw new IOException("the engine refused: " + answer);
        }
    }

    // ---- leading

    /// Reports of the promoted engine's stream.
    private final class Leading implements PrimaryStream.Owner {
        private final Term term;
        private final boolean engineIsKnown;

        /// @param engineIsKnown whether the log already names this engine as the writer of what
        ///   follows
        Leading(Term term, boolean engineIsKnown) {
            this.term = term;
            this.engineIsKnown = engineIsKnown;
        }

        @Override
        public void onAttached() {
            run(leadership.onPromoted());
            var attached = stream;
            if (attached == null || leadership.state() != Leadership.State.LEADING) {
                return;
            }
            LOG.info("node={} leads term={}", name(), term.number());
            if (!engineIsKnown) {
                attached.begin(config.stamp());
            }
            listener.onDurable(ShardNode.this, attached.durableOffset());
            listener.onPrimary(ShardNode.this, term, socket());
        }

        @Override
        public void onDurable(long endOffset, List<Publication> published) {
            appliedOffset = endOffset;
            listener.onDurable(ShardNode.this, endOffset);
            for (var each : published) {
                listener.onPublished(ShardNode.this, each);
            }
            resignWhenLogged();
        }

        @Override
        public void onLogFull(@Nullable String reason) {
            if (reason == null) {
                LOG.warn("node={} takes writes again, its log has room", name());
            } else {
                LOG.warn("node={} refuses writes, its log is full reason={}", name(), reason);
            }
            listener.onLogFull(ShardNode.this, reason);
        }

        /// The outcome of a term's last writes does not matter after the node has given the term
        /// up.
        private boolean isOver() {
            return !wonTerm.equals(term) || leadership.state() == Leadership.State.FOLLOWING;
        }

        @Override
        public void onLost(AppendOutcome outcome) {
            if (!isOver()) {
                run(leadership.onLost(outcome));
            }
        }

        @Override
        public void onBroken(String reason) {
            run(leadership.retire(reason));
        }

        @Override
        public void read(boolean wanted) {
            if (tap != null && !silent) {
                tap.config().setAutoRead(wanted);
            }
        }
    }
}
