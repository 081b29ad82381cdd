package dev.keepsake.junit;

import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/// A JVM of tests whose only test never ends. It prints the process id of its server.
final class EndlessTests {
    static final String SERVER = "server ";

    private EndlessTests() {}

    public static void main(String[] args) {
        var summary = new SummaryGeneratingListener();
        LauncherFactory.create()
                .execute(
                        LauncherDiscoveryRequestBuilder.request()
                                .selectors(DiscoverySelectors.selectClass(Endless.class))
                                .build(),
                        summary);
        summary.getSummary()
                .getFailures()
                .forEach(failure -> failure.getException().printStackTrace());
    }

    @Keepsake
    static class Endless {
        @Test
        void waits(KeepsakeServer server) throws Exception {
            System.out.println(SERVER + server.pid());
            new CountDownLatch(1).await();
        }
    }
}
