package dev.keepsake.front;

/// Answers a command by asking the engine for the client, over the control lane. The answer waits
/// like a reply of the engine, and the client's next command waits for the answer. Not offered
/// inside a transaction, where the answer could not take its place. Owned by the node's event loop.
abstract class EngineAsked implements FrontAnswer {
    /// What a subclass makes of one command.
    sealed interface Question {
        /// The client is told why nothing is asked.
        record Refused(String error) implements Question {}

        /// The engine is asked for something.
        ///
        /// @param ask asks, and answers with [Client#answerLater] when it knows
        record Asked(Runnable ask) implements Question {}

        /// Nobody has to be asked.
        record Known(FrontAnswer.Writer answer) implements Question {}
    }

    /// Decides what a command asks the engine for.
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
