package dev.keepsake.api;

import dev.keepsake.control.ApiException;

/// What answers the requests of an [HttpServer].
interface HttpService {
    /// What is done with a request whose body has not come yet.
    sealed interface Reception {
        /// Nothing more has to be known; the body is not wanted.
        record Answered(HttpAnswer answer) implements Reception {}

        /// It is carried out once its body is there.
        ///
        /// @param maxBodyBytes a longer body is refused
        record Wanted(int maxBodyBytes, Work work) implements Reception {}
    }

    /// What is done once the body is there. Runs on a thread of its own and may block.
    interface Work {
        HttpAnswer answer(byte[] body);
    }

    /// Decides from the head alone. Runs on the event loop and must not block.
    ///
    /// @param port on which it came
    Reception receive(HttpHead head, int port);

    /// The answer to what could not even be received, or not now.
    ///
    /// @param refusal why
    HttpAnswer refuse(ApiException refusal);
}
