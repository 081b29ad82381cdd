package dev.keepsake.front;

import dev.keepsake.resp.RespValue;
import dev.keepsake.resp.RespWriter;
import dev.keepsake.shard.Publication;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// `PUBLISH` for a client of a node that is no primary. The shard's primary publishes the message,
/// because all subscribers of the shard have to get it. The message comes back to this node with
/// the log. Owned by the node's event loop.
final class RelayedPublish {
    private static final String TOO_MUCH_PUBLISHED =
            "ERR too many messages of this server's clients wait to be published, try again";
    private static final String NO_CHANNEL =
            "NOPERM this user has no permissions to access one of the channels used as arguments";
    private static final byte[] NOTHING = {};

    private final ThisNode node;
    private final Executor loop;
    private final AccessControl access;
    private final EngineSide engine;
    private final Publishing publishing;
    private final HeldPublications publications;

    /// @param loop the node's event loop
    RelayedPublish(
            ThisNode node,
            Executor loop,
            AccessControl access,
            EngineSide engine,
            Publishing publishing,
            HeldPublications publications) {
        this.node = node;
        this.loop = loop;
        this.access = access;
        this.engine = engine;
        this.publishing = publishing;
        this.publications = publications;
    }

    /// For a client of a replica.
    Taken onReplica(Client client, Command command) {
        var control = engine.controlLane();
        if (control == null) {
            return Taken.WAITS;
        }
        var held = publications.hold(command.lengthBytes());
        if (held == null) {
            return client.refuse(TOO_MUCH_PUBLISHED);
        }
        client.beginAsking();
        var given = command.arguments();
        var publication = publication(given);
        control.ask(
                reply -> {
                    if (reply instanceof RespValue.SimpleString) {
                        held.passOn();
                        publish(
                                publication,
                                held,
                                (heard, failure) -> answer(client, heard, failure));
                    } else {
                        held.release();
                        client.answerFrom(
                                reply, Patience.ENDLESS, out -> RespWriter.error(out, NO_CHANNEL));
                    }
                },
                // No ACL rule is about the message.
                AccessControl.dryRun(
                        client.user(), given.bytes(0), publication.channel(), NOTHING));
        return Taken.DONE;
    }

    private static Publication publication(Arguments given) {
        return new Publication(given.bytes(1), given.bytes(2));
    }

    /// Asks the shard's primary to publish.
    ///
    /// @param onHeard called on the event loop with the number of subscribers that got the message,
    ///   or with the reason why it is unknown
    private void publish(
            Publication publication,
            HeldPublications.Held held,
            BiConsumer<@Nullable Long, @Nullable Throwable> onHeard) {
        publishing
                .relay()
                .atPrimary(node.name(), publication)
                .whenComplete((heard, failure) ->
                        loop.execute(() -> {
                            held.release();
                            onHeard.accept(heard, failure);
                        }));
    }

    private static void answer(Client client, @Nullable Long heard, @Nullable Throwable failure) {
        client.answerLater(
                Patience.ENDLESS,
                out -> {
                    if (heard == null || failure != null) {
                        RespWriter.error(out, PublicationRefusedException.errorOf(failure));
                    } else {
                        RespWriter.integer(out, heard);
                    }
                });
    }

    /// For a client of a node that is loading. The message still reaches the subscribers of the
    /// shard's primary, if another node is the primary, and those of other shards. This node has no
    /// subscribers before it serves. Until then, the front knows only of unrestricted users that
    /// they may publish.
    Taken whileLoading(Client client, Command command) {
        if (access.isRestricted(client.user())) {
            return client.refuse(Refusals.LOADING);
        }
        var held = publications.hold(command.lengthBytes());
        if (held == null) {
            return client.refuse(TOO_MUCH_PUBLISHED);
        }
        held.passOn(); // no engine is asked
        client.beginAsking();
        var publication = publication(command.arguments());
        publish(
                publication,
                held,
                (heard, failure) -> answerOfLoading(client, publication, heard, failure));
        return Taken.DONE;
    }

    private void answerOfLoading(
            Client client,
            Publication publication,
            @Nullable Long heard,
            @Nullable Throwable failure) {
        boolean byItself = node.isLoading() && NoPrimaryException.isCauseOf(failure);
        if (byItself) {
            publishing.relay().toOtherShards(node.name(), publication);
        }
        client.answerLater(
                Patience.ENDLESS,
                out -> {
                    if (heard != null && failure == null) {
                        RespWriter.integer(out, heard);
                    } else if (byItself) {
                        RespWriter.integer(out, 0);
                    } else {
                        RespWriter.error(out, Refusals.LOADING);
                    }
                });
    }
}
