package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/// What users are called in the engine, and how the engine's texts with these names are translated
/// for clients.
///
/// The engine's own user `default` stays as it is: it is the user of the front itself, of the tap
/// and of the supervisor. So the clients' user `default` has a namesake with another name, which no
/// user can have.
final class Namesakes {
    /// Namesakes accept any password.
    static final String ANY_PASSWORD = "any";

    private static final String DEFAULT_IN_ENGINE = "default:clients";
    private static final String REFUSED_DEFAULT = "User " + DEFAULT_IN_ENGINE + " has ";

    private Namesakes() {}

    /// The name of a user's namesake.
    static String inEngine(String user) {
        return user.equals(AccessUser.DEFAULT_NAME) ? DEFAULT_IN_ENGINE : user;
    }

    /// The user of a namesake.
    static String fromEngine(String namesake) {
        return namesake.equals(DEFAULT_IN_ENGINE) ? AccessUser.DEFAULT_NAME : namesake;
    }

    /// A text of the engine about a user's namesake, with the name of the user.
    static String without(String text, String user) {
        return text.replace(inEngine(user), user);
    }

    /// A reply of the engine as the client gets it. Engines newer than 7.0 name in an error the
    /// user that they refuse something, which is a namesake.
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
