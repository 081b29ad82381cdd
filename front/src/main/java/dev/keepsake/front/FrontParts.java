package dev.keepsake.front;

import dev.keepsake.shard.Durability;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoop;

/// What the connections of all clients of one node have in common: the parts that a [NodeFront] is
/// made of.
///
/// @param self what the node is, and which role it has
/// @param durability decides what may be sent
/// @param replyRules the same, for the replies to one client
/// @param engine all connections to the engine
/// @param clients all clients
/// @param intake whether commands are read
/// @param fullLog what is answered while the log has no room
/// @param admission decides what becomes of a command
/// @param answers what the front answers itself
/// @param whileLoading what becomes of commands before the node serves
/// @param words puts the node's words where an engine speaks of itself
record FrontParts(
        ThisNode self,
        EventLoop loop,
        ByteBufAllocator allocator,
        FrontOptions options,
        AccessControl access,
        Durability<Parked> durability,
        ReplyQueue.Rules replyRules,
        EngineSide engine,
        Clients clients,
        Intake intake,
        FullLog fullLog,
        Monitors monitors,
        EngineCustoms customs,
        EngineWords words,
        ScriptRules scripts,
        Admission admission,
        FrontAnswers answers,
        WhileLoading whileLoading,
        RelayedPublish relayedPublish,
        Disconnections disconnections) {}
