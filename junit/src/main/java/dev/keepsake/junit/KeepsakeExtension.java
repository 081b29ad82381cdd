package dev.keepsake.junit;

import java.net.URI;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.platform.commons.support.AnnotationSupport;

/// Carries out [Keepsake]. JUnit's stores own everything: the root's store the servers, that of a
/// class its clusters, that of a test its report.
final class KeepsakeExtension
        implements BeforeAllCallback, BeforeEachCallback, AfterEachCallback, ParameterResolver {
    private static final Namespace NAMESPACE = Namespace.create(KeepsakeExtension.class);

    /// The key of a server in the root's store.
    private record ServerKey(List<String> options) {}

    /// The key of a class's clusters in the store of that class.
    private record ClustersKey(Class<?> annotated) {}

    @Override
    public void beforeAll(ExtensionContext context) {
        clusters(context);
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        var report = TestReport.begin(Instant.now(), clusters(context).server());
        context.getStore(NAMESPACE).put(TestReport.class, report);
    }

    @Override
    public void afterEach(ExtensionContext context) {
        var report = context.getStore(NAMESPACE).get(TestReport.class, TestReport.class);
        if (report == null) {
            return; // the server had no answer before the test
        }
        try {
            report.entries().forEach(context::publishReportEntry);
        } catch (KeepsakeException e) {
            // The test is judged by its own result.
            context.publishReportEntry("keepsake", "there is no report: " + e.getMessage());
        }
    }

    /// The clusters of the nearest class that has the annotation. They are created when they are
    /// asked for first, which may be before the class begins: its constructor may want them.
    private static ClassClusters clusters(ExtensionContext context) {
        for (Optional<ExtensionContext> at = Optional.of(context);
                at.isPresent();
                at = at.get().getParent()) {
            var here = at.get();
            var declared = annotation(here);
            if (declared.isPresent()) {
                return here.getStore(NAMESPACE)
                        .getOrComputeIfAbsent(
                                new ClustersKey(here.getRequiredTestClass()),
                                key -> create(here, declared.get()),
                                ClassClusters.class);
            }
        }
        throw new KeepsakeException(
                "%s has no annotation @Keepsake".formatted(context.getDisplayName()));
    }

    private static ClassClusters create(ExtensionContext context, Keepsake declared) {
        return ClassClusters.create(
                server(context, declared), declared.region(), List.of(declared.value()));
    }

    /// The annotation of the class whose context this is; empty for contexts of methods.
    private static Optional<Keepsake> annotation(ExtensionContext context) {
        return context.getTestMethod().isPresent()
                ? Optional.empty()
                : AnnotationSupport.findAnnotation(context.getTestClass(), Keepsake.class);
    }

    private static ServerProcess server(ExtensionContext context, Keepsake declared) {
        return context.getRoot()
                .getStore(NAMESPACE)
                .getOrComputeIfAbsent(
                        new ServerKey(List.of(declared.options())),
                        key ->
                                ServerProcess.start(
                                        key.options(),
                                        new Settings(
                                                context::getConfigurationParameter,
                                                System.getenv())),
                        ServerProcess.class);
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        var type = parameter.getParameter().getType();
        if (type == KeepsakeServer.class || type == KeepsakeCluster.class) {
            return true;
        }
        if (type == Path.class) {
            return parameter.isAnnotated(CaFile.class);
        }
        // One with an annotation is another extension's.
        return parameter.getParameter().getAnnotations().length == 0
                && (type == URI.class
                        || type == SSLContext.class
                        || SdkClients.areOf(type.getName()));
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        var clusters = clusters(context);
        var server = clusters.server();
        var type = parameter.getParameter().getType();
        if (type == KeepsakeServer.class) {
            return server;
        }
        if (type == KeepsakeCluster.class) {
            return cluster(server, parameter.findAnnotation(ClusterName.class));
        }
        if (type == Path.class) {
            return server.caFile();
        }
        if (type == URI.class) {
            return server.endpoint();
        }
        if (type == SSLContext.class) {
            return server.sslContext();
        }
        return clusters.sdkClient();
    }

    private static KeepsakeCluster cluster(KeepsakeServer server, Optional<ClusterName> name) {
        if (name.isPresent()) {
            try {
                return server.cluster(name.get().value());
            } catch (IllegalArgumentException e) {
                throw new ParameterResolutionException(String.valueOf(e.getMessage()), e);
            }
        }
        if (server.clusters().size() == 1) {
            return server.clusters().get(0);
        }
        throw new ParameterResolutionException(
                "the class has %d clusters; say which one by @ClusterName: %s"
                        .formatted(
                                server.clusters().size(),
                                server.clusters().stream()
                                        .map(KeepsakeCluster::name)
                                        .collect(Collectors.joining(", "))));
    }
}
