package dev.keepsake.front;

/// Answers a client's command by asking the engine over the control lane. The answer waits like a
/// reply of the engine, and the client's next command waits for the answer. Such a command is not
/// offered inside a transaction, where the answer could not take its place. Owned by the node's
/// event loop.
abstract class EngineAsked implements FrontAnswer {
    /// What a subclass does for one command.
    sealed interface Question {
        /// The client gets an error, and the engine is asked nothing.
        record Refused(String error) implements Question {}

        /// The engine is asked.
        ///
        /// @param ask asks, and calls [Client#answerLater] when the answer is known
        record Asked(Runnable ask) implements Question {}

        /// The answer is known without the engine.
        record Known(FrontAnswer.Writer answer) implements Question {}
    }

    /// Decides what the engine is asked for a command.
    abstract Question question(Client client, Arguments given);

    static Question refused(String error) {
        return new Question.Refused(error);
    }

    static Question asked(Runnable ask) {
        return new Question.Asked(ask);
    }

    /// A number of at most nine digits, or -1.
    static int smallNumber(String text) {
        return text.matches("\\d{1,9}") ? Integer.parseInt(text) : -1;
    }
}
