package dev.keepsake.front;

import dev.keepsake.shard.Durability;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoop;

/// The parts of a [NodeFront] that the connections of all clients share.
///
/// @param self the node and its role
/// @param durability decides what may be sent
/// @param replyRules decides the same for the replies to one client
/// @param engine all connections to the engine
/// @param clients all clients
/// @param intake whether commands are read
/// @param fullLog the errors while the log has no room
/// @param admission decides what becomes of a command
/// @param answers the front's own answers
/// @param whileLoading what becomes of commands before the node serves
/// @param words replaces what an engine says about itself
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
