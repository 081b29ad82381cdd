package dev.keepsake.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keepsake.control.ApiException;
import dev.keepsake.control.Fault;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Reads the bodies of requests: JSON in UTF-8 with one possible meaning. Stateless; any thread.
final class RequestJson {
    private static final int DEPTH_MAX = 64;

    /// The bound of values, names and brackets. Each costs some hundred bytes. The bound is more
    /// than a hundred times what the largest request of the service has.
    private static final int TOKENS_MAX = 20_000;

    private static final JsonMapper JSON =
            JsonMapper.builder(
                            JsonFactory.builder()
                                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                                    .streamReadConstraints(
                                            StreamReadConstraints.builder()
                                                    .maxNestingDepth(DEPTH_MAX)
                                                    .maxTokenCount(TOKENS_MAX)
                                                    .build())
                                    .build())
                    .build();

    private RequestJson() {}

    /// The value of a whole body. An empty body is an object without members.
    ///
    /// @throws ApiException when the body is not such JSON: also for a member that occurs twice,
    ///   another encoding, or bytes after the value
    static JsonNode read(byte[] body) {
        if (body.length == 0) {
            return JSON.createObjectNode();
        }
        try {
            return JSON.readTree(UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString());
        } catch (CharacterCodingException | JacksonException _) {
            throw Fault.SERIALIZATION.because("The request is not valid JSON.");
        }
    }
}
