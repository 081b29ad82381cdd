package dev.keepsake.front;

/// What becomes of a command: see [Admission]. Verdicts without data are constants, so that nothing
/// is allocated for a command that is carried out.
sealed interface Verdict {
    /// The command is carried out or answered now.
    enum Act implements Verdict {
        /// The engine carries it out, over the lane that all clients of a user share.
        SHARED_LANE,
        /// The engine carries it out, over the client's own lane.
        OWN_LANE,
        /// Its script is read first; then [Admission#afterScript] decides.
        READ_SCRIPT,
        /// The front answers it.
        ANSWER,
        /// The front answers it when the transaction is executed.
        QUEUE_ANSWER,
        /// The front answers it, after asking the engine.
        ASK_ENGINE,
        /// The engine is asked to track keys for the client.
        TRACK,
        /// [WhileLoading] deals with it, while the node does not serve.
        WHILE_LOADING,
        /// The shard's primary, which is another node, carries it out.
        RELAY,
        /// The keys of a large command have not arrived. All of it but its end is passed on over
        /// the client's own lane.
        PASS_ON,
        /// It will be refused, but the error depends on keys of a large command that have not
        /// arrived. The rest of the command is skipped.
        SKIP,
        /// The front begins a transaction that will fail.
        BEGIN_UNSERVED,
        /// The front ends such a transaction with an error.
        ABORT_UNSERVED,
        /// The front ends such a transaction, as its client has requested.
        DISCARD_UNSERVED
    }

    /// The command is decided again later.
    enum Wait implements Verdict {
        /// The answer to the command before it is missing, and could be overtaken.
        FOR_ANSWER,
        /// The client's lane is changing, or the client is leaving it.
        FOR_LANE,
        /// Commands before it are under way elsewhere.
        FOR_REPLIES,
        /// The engine has not taken yet what it was sent.
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

    /// The client does not speak RESP, and is disconnected.
    ///
    /// @param what what it does instead, for the log
    record Disconnect(String what) implements Verdict {
        @Override
        public boolean countsAsGiven() {
            return false;
        }
    }

    /// It is not a command, or not one for this client.
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

    /// It takes its place in the transaction, and fails at EXEC.
    record QueueError(String error) implements Verdict {}

    /// Whether it counts as the last command that its client has given, as CLIENT LIST shows it.
    default boolean countsAsGiven() {
        return true;
    }
}
