package dev.keepsake.fleet;

import dev.keepsake.core.Clock;
import dev.keepsake.engine.EngineLauncher;
import dev.keepsake.engine.Engines;
import dev.keepsake.engine.Transport;
import dev.keepsake.front.ClientRoom;
import dev.keepsake.trust.NodeCertificates;
import java.util.concurrent.ThreadFactory;
import java.util.random.RandomGenerator;

/// What this machine has to make nodes from.
///
/// @param engines the programs that are installed
/// @param certificates vouch for the nodes
/// @param room for all clients together
/// @param threads makes the virtual threads on which blocking work is done
record Machine(
        LogFactory logs,
        EngineLauncher launcher,
        Engines engines,
        Transport transport,
        NodeCertificates certificates,
        ClientRoom room,
        Clock clock,
        RandomGenerator random,
        ThreadFactory threads) {}
