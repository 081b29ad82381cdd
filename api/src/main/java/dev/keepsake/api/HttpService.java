package dev.keepsake.api;

import dev.keepsake.control.ApiException;
import java.net.SocketAddress;
import java.util.function.Consumer;

/// Answers the requests of an [HttpServer].
interface HttpService {
    /// The decision about a request whose body has not arrived yet.
    sealed interface Reception {
        /// The request is answered without its body.
        record Answered(HttpAnswer answer) implements Reception {}

        /// The request is executed when its body has arrived.
        ///
        /// @param maxBodyBytes the largest accepted body
        record Wanted(int maxBodyBytes, Work work) implements Reception {}

        /// The answer is a stream, which ends with its connection.
        ///
        /// @param head the answer's status and headers
        /// @param opened gets the stream, on the event loop
        record Streamed(HttpAnswer head, Consumer<HttpStream> opened) implements Reception {}
    }

    /// The execution of a request with its body. Runs on a thread of its own and may block.
    interface Work {
        HttpAnswer answer(byte[] body);
    }

    /// Decides from the head alone. Runs on the event loop and must not block.
    ///
    /// @param port the port on which the request arrived
    Reception receive(HttpHead head, int port);

    /// The answer to a request that could not be received, or not be executed now.
    ///
    /// @param refusal the reason
    HttpAnswer refuse(ApiException refusal);

    /// The service for one connection. Only the connection's event loop calls it.
    ///
    /// @param client the address of the client
    default HttpService forClient(SocketAddress client) {
        return this;
    }
}
