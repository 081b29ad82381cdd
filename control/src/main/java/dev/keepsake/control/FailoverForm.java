package dev.keepsake.control;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.JacksonModule;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.module.SimpleModule;

/// The stored form of a [Failover]: the shard and two nodes that may be missing, unchanged since
/// the first build. The nodes that are present tell the stage.
///
/// @param failing null before the fleet has chosen a node
/// @param promoted null before a node has taken over
record FailoverForm(String shard, @Nullable String failing, @Nullable String promoted) {
    private static FailoverForm of(Failover failover) {
        return new FailoverForm(failover.shard(), failover.failing(), failover.promoted());
    }

    private Failover failover() {
        var called = Failover.called(shard);
        if (failing == null) {
            if (promoted != null) {
                throw new IllegalArgumentException(
                        "a failover of shard %s has promoted %s, but made no node fail; the bytes are damaged"
                                .formatted(shard, promoted));
            }
            return called;
        }
        var begun = called.begun(failing);
        return promoted == null ? begun : begun.promoted(promoted);
    }

    /// A module that lets a mapper read and write this form.
    static JacksonModule module() {
        return new SimpleModule("failover")
                .addSerializer(Failover.class, new Writer())
                .addDeserializer(Failover.class, new Reader());
    }

    private static final class Writer extends ValueSerializer<Failover> {
        @Override
        public void serialize(
                Failover value, JsonGenerator generator, SerializationContext context) {
            context.writeValue(generator, of(value));
        }
    }

    private static final class Reader extends ValueDeserializer<Failover> {
        @Override
        public Failover deserialize(JsonParser parser, DeserializationContext context) {
            return context.readValue(parser, FailoverForm.class).failover();
        }
    }
}
