package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/// What users are called in the engine, and how the engine's words about that are told to clients.
///
/// The engine's own user `default` stays as it is: the front itself, the tap and the supervisor are
/// that user. So the `default` of the clients has a namesake with another name, which no user can
/// have.
final class Namesakes {
    /// They take any.
    static final String ANY_PASSWORD = "any";

    private static final String DEFAULT_IN_ENGINE = "default:clients";
    private static final String REFUSED_DEFAULT = "User " + DEFAULT_IN_ENGINE + " has ";

    private Namesakes() {}

    /// What a user is called in the engine.
    static String inEngine(String user) {
        return user.equals(AccessUser.DEFAULT_NAME) ? DEFAULT_IN_ENGINE : user;
    }

    /// Whom a user of the engine stands for.
    static String fromEngine(String namesake) {
        return namesake.equals(DEFAULT_IN_ENGINE) ? AccessUser.DEFAULT_NAME : namesake;
    }

    /// What the engine says of a user's namesake, said of the user.
    static String without(String text, String user) {
        return text.replace(inEngine(user), user);
    }

    /// A reply of the engine as the client is told it: engines newer than 7.0 name in an error whom
    /// they refuse something, and that is a namesake.
    static ByteBuf without(ByteBuf reply) {
        if (reply.getByte(reply.readerIndex()) != '-') {
            return reply;
        }
        String text = reply.toString(ISO_8859_1); // one character for each byte
        return text.contains(REFUSED_DEFAULT)
                ? Unpooled.copiedBuffer(
                        text.replace(REFUSED_DEFAULT, "User " + AccessUser.DEFAULT_NAME + " has "),
                        ISO_8859_1)
                : reply;
    }
}
