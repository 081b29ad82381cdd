package dev.keepsake.fleet;

import dev.keepsake.core.Clock;
import dev.keepsake.engine.EngineLauncher;
import dev.keepsake.engine.Engines;
import dev.keepsake.engine.Transport;
import dev.keepsake.front.ClientRoom;
import dev.keepsake.trust.NodeCertificates;
import java.util.concurrent.ThreadFactory;
import java.util.random.RandomGenerator;

/// The parts of this machine that nodes are made from.
///
/// @param engines the installed programs
/// @param certificates the certificates of nodes
/// @param room the bound of all clients together
/// @param threads creates the virtual threads for blocking work
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
