package dev.keepsake.front;

/// What is to become of a command: see [Admission]. Those without data are constants, so that
/// nothing is allocated for a command that is carried out.
sealed interface Verdict {
    /// Somebody carries it out, or answers it.
    enum Act implements Verdict {
        /// The engine, over the lane that the clients of a user share.
        SHARED_LANE,
        /// The engine, over the lane that the client has for itself.
        OWN_LANE,
        /// Nobody before its script has been read; then [Admission#afterScript] decides.
        READ_SCRIPT,
        /// The front.
        ANSWER,
        /// The front, when the transaction is executed.
        QUEUE_ANSWER,
        /// The front, once the engine has told it what to say.
        ASK_ENGINE,
        /// The engine, which is to track keys for the client.
        TRACK,
        /// Whoever does while the node serves nothing.
        WHILE_LOADING,
        /// The primary of the shard, which is another node.
        RELAY,
        /// Nobody knows yet, for the keys of a large command have not arrived. It is sent on over
        /// the client's own lane, but for its end.
        PASS_ON,
        /// Nobody, and how it is refused depends on keys that have not arrived. The rest of a large
        /// command is skipped.
        SKIP,
        /// The front, which begins a transaction that will fail.
        BEGIN_UNSERVED,
        /// The front, which ends such a transaction with an error.
        ABORT_UNSERVED,
        /// The front, which ends such a transaction as its client wants it.
        DISCARD_UNSERVED
    }

    /// It is looked at again later.
    enum Wait implements Verdict {
        /// The answer to the command before is not there, and could be overtaken.
        FOR_ANSWER,
        /// The client's lane changes, or is being left.
        FOR_LANE,
        /// Commands before it are under way elsewhere.
        FOR_REPLIES,
        /// The engine is behind with what it has been asked.
        FOR_ENGINE,
        /// Its script is being read.
        FOR_SCRIPT,
        /// CLIENT PAUSE holds it back.
        FOR_PAUSE;

        @Override
        public boolean countsAsGiven() {
            return this != FOR_ANSWER && this != FOR_LANE;
        }
    }

    /// Its sender does not speak RESP, and is disconnected.
    ///
    /// @param what it does instead
    record Disconnect(String what) implements Verdict {
        @Override
        public boolean countsAsGiven() {
            return false;
        }
    }

    /// It is none, or not for this client.
    record Deny(String error) implements Verdict {
        @Override
        public boolean countsAsGiven() {
            return false;
        }
    }

    /// It is not carried out here and now.
    record Refuse(String error) implements Verdict {}

    /// It is for another node, unless its client may not give it at all.
    record Redirect(String error) implements Verdict {}

    /// It takes its place in the transaction, and fails when that is executed.
    record QueueError(String error) implements Verdict {}

    /// Whether it is the last command that its client has given, as CLIENT LIST shows.
    default boolean countsAsGiven() {
        return true;
    }
}
