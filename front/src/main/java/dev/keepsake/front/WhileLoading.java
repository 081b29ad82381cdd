package dev.keepsake.front;

import dev.keepsake.resp.RespWriter;
import dev.keepsake.resp.Trait;
import io.netty.buffer.ByteBufAllocator;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Deals with commands while the node is loading or being promoted. Redis answers some commands
/// then, and so does a node: from what the front knows, by asking an engine that is loading, or by
/// remembering what the engine is to be sent once it serves. Everything else is refused with
/// `LOADING`. Owned by the node's event loop.
final class WhileLoading {
    private final AccessControl access;
    private final ByteBufAllocator allocator;
    private final LoadingAnswers answers;
    private final Supplier<@Nullable LoadingEngine> loadingEngine;
    private final ReplyWords words;
    private final RelayedPublish publish;

    /// @param answers the answers from what the front knows
    /// @param loadingEngine the engine that is loading, or null when there is none yet
    /// @param words replaces what that engine says about itself
    WhileLoading(
            AccessControl access,
            ByteBufAllocator allocator,
            LoadingAnswers answers,
            Supplier<@Nullable LoadingEngine> loadingEngine,
            ReplyWords words,
            RelayedPublish publish) {
        this.access = access;
        this.allocator = allocator;
        this.answers = answers;
        this.loadingEngine = loadingEngine;
        this.words = words;
        this.publish = publish;
    }

    /// Takes a command that belongs to no transaction.
    Taken take(Client client, Command command) {
        var spec = command.spec();
        if (client.isAwaiting()) {
            return Taken.WAITS;
        }
        if (LoadingAnswers.has(spec)) {
            return answer(client, command);
        }
        if (LoadingEngine.answers(spec) && !command.isSketch()) {
            return askEngine(client, command);
        }
        if (spec.is(Trait.RELAYED)) {
            return publish.whileLoading(client, command);
        }
        if (spec.is(Trait.WATCH) && !command.isSketch()) {
            return watch(client);
        }
        if (spec.changesSubscriptions()) {
            return client.rememberSubscriptions(command);
        }
        return client.refuse(Refusals.LOADING);
    }

    /// Answers from what the front knows.
    private Taken answer(Client client, Command command) {
        var spec = command.spec();
        String refusal = access.refusal(client.user(), spec, Refusals.LOADING);
        if (refusal != null) {
            return client.refuse(refusal);
        }
        if (spec.is(Trait.UNWATCH)) {
            client.watches().endUnseen();
        }
        var answer = allocator.buffer(128);
        answers.answer(spec, command.arguments(), client.session().protocol(), answer);
        client.replies().answer(answer);
        answer.release();
        return Taken.DONE;
    }

    /// An engine answers while it is loading which commands there are, and how they are used.
    private Taken askEngine(Client client, Command command) {
        var spec = command.spec();
        var engine = loadingEngine.get();
        String refusal = access.refusal(client.user(), spec, Refusals.LOADING);
        if (refusal != null || engine == null || engine.isFull()) {
            return client.refuse(refusal == null ? Refusals.LOADING : refusal);
        }
        client.beginAsking();
        var kind = ExpectedReplies.Kind.inWordsOfTheNode(spec);
        int protocol = client.session().protocol();
        var copy = allocator.buffer(command.lengthBytes());
        command.writeTo(copy);
        engine.ask(
                protocol,
                copy,
                reply ->
                        client.answerLater(
                                Patience.ENDLESS,
                                out -> {
                                    if (reply == null) {
                                        RespWriter.error(out, Refusals.LOADING);
                                    } else if (kind == null) {
                                        out.writeBytes(reply);
                                    } else {
                                        out.writeBytes(words.ofTheNode(kind, reply, protocol));
                                    }
                                }));
        return Taken.DONE;
    }

    /// Changes of the keys cannot be seen until the node serves, so the next EXEC answers that they
    /// have changed. Until then, the front knows only of unrestricted users which keys they may
    /// watch.
    private Taken watch(Client client) {
        if (access.isRestricted(client.user())) {
            return client.refuse(Refusals.LOADING);
        }
        client.watches().addUnseen();
        return client.answerOk();
    }
}
