package dev.keepsake.front;

import dev.keepsake.resp.RespValue;
import dev.keepsake.resp.RespWriter;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;

/// The engine's format for what the front writes in its place: the fields of a line of CLIENT LIST
/// with their order, and the modules of HELLO. Learned from each engine that serves; until the
/// first one does, the format of Redis 7.0. Owned by the node's event loop.
final class EngineCustoms {
    private static final int FIELDS_MAX = 100;
    private static final List<String> OF_REDIS_7 =
            List.of(
                    ("id addr laddr fd name age idle flags db sub psub ssub multi qbuf qbuf-free"
                                    + " argv-mem multi-mem rbs rbp obl oll omem tot-mem events cmd"
                                    + " user redir resp")
                            .split(" "));

    /// Clients may name their library to a node with any engine, so these fields are shown with any
    /// engine.
    private static final List<String> EVERYWHERE = List.of("lib-name", "lib-ver");

    private List<String> clientFields = withEverywhere(OF_REDIS_7);
    private List<RespValue> modules = List.of();

    /// Asks an engine for its format.
    void learnFrom(ControlLane lane) {
        lane.ask(this::learnClientFields, "CLIENT", "INFO");
        lane.ask(this::learnModules, "HELLO");
    }

    private void learnClientFields(RespValue reply) {
        if (!(reply instanceof RespValue.Bulk line)) {
            return; // busy with a script, for instance: the known format remains valid
        }
        var fields = new ArrayList<String>();
        for (var field : line.utf8().strip().split(" ", -1)) {
            int sign = field.indexOf('=');
            if (sign > 0) {
                fields.add(field.substring(0, sign));
            }
        }
        if (fields.contains("id") && fields.size() <= FIELDS_MAX) {
            clientFields = withEverywhere(fields);
        }
    }

    private static List<String> withEverywhere(List<String> fields) {
        var all = new ArrayList<>(fields);
        EVERYWHERE.stream().filter(each -> !fields.contains(each)).forEach(all::add);
        return List.copyOf(all);
    }

    private void learnModules(RespValue reply) {
        if (reply instanceof RespValue.ArrayReply(List<RespValue> items)) {
            for (int i = 0; i + 1 < items.size(); i += 2) {
                if (items.get(i) instanceof RespValue.Bulk name
                        && name.utf8().equals("modules")
                        && items.get(i + 1) instanceof RespValue.ArrayReply(var found)) {
                    modules = found;
                }
            }
        }
    }

    /// The fields of a line of CLIENT LIST, in order.
    List<String> clientFields() {
        return clientFields;
    }

    /// Writes the modules as HELLO shows them: a map for each.
    void writeModules(int protocol, ByteBuf out) {
        RespWriter.array(out, modules.size());
        for (var module : modules) {
            var fields =
                    module instanceof RespValue.ArrayReply(List<RespValue> items)
                            ? items
                            : List.<RespValue>of();
            RespWriter.map(out, fields.size() / 2, protocol);
            for (int i = 0; i < fields.size() / 2 * 2; i++) {
                EngineWords.write(fields.get(i), out);
            }
        }
    }
}
