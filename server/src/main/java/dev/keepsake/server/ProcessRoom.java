package dev.keepsake.server;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.UnixOperatingSystemMXBean;
import dev.keepsake.front.ClientRoom;
import java.lang.management.ManagementFactory;

/// The memory bounds of this process, and the part of them that is for clients.
final class ProcessRoom {
    private static final long FILES_WHERE_UNKNOWN = 10_000;

    private ProcessRoom() {}

    /// The bounds for all clients together.
    ///
    /// @param outputMaxBytes how many bytes of output one client may leave unread
    static ClientRoom forClients(long outputMaxBytes) {
        return ClientRoom.of(
                directMaxBytes(),
                heapMaxBytes(),
                filesMax(),
                outputMaxBytes,
                task -> Thread.ofPlatform().name("script-reader").daemon().start(task));
    }

    private static long heapMaxBytes() {
        return Runtime.getRuntime().maxMemory();
    }

    /// The value of `-XX:MaxDirectMemorySize`; without it, the size of the heap.
    private static long directMaxBytes() {
        var options = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
        long given = Long.parseLong(options.getVMOption("MaxDirectMemorySize").getValue());
        return given == 0 ? heapMaxBytes() : given;
    }

    private static long filesMax() {
        var system = ManagementFactory.getOperatingSystemMXBean();
        return system instanceof UnixOperatingSystemMXBean unix
                ? unix.getMaxFileDescriptorCount()
                : FILES_WHERE_UNKNOWN;
    }
}
