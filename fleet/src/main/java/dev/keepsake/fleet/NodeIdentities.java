package dev.keepsake.fleet;

import dev.keepsake.aws.IamTokens;
import dev.keepsake.control.ClusterId;
import dev.keepsake.control.Endpoints;
import dev.keepsake.core.Clock;
import dev.keepsake.trust.NodeCertificates;
import dev.keepsake.trust.NodeTls;
import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.List;

/// The proofs of identity: the certificates of nodes, and the tokens of IAM users.
final class NodeIdentities {
    private final FleetConfig config;
    private final NodeCertificates certificates;
    private final NodeTls common; // for nodes without their own address
    private final Clock clock;

    NodeIdentities(FleetConfig config, NodeCertificates certificates, Clock clock)
            throws IOException {
        this.config = config;
        this.certificates = certificates;
        this.common = certificates.issue(config.commonNames());
        this.clock = clock;
    }

    /// The certificate of a node. It also names the endpoint of the cluster, because a client that
    /// came through the endpoint checks that name.
    NodeTls tlsOf(Endpoints endpoints, String node) throws IOException {
        var own = List.of(endpoints.hostOf(node), endpoints.host());
        if (config.commonNames().containsAll(own)) {
            return common;
        }
        var names = new LinkedHashSet<>(own);
        names.addAll(config.commonNames());
        return certificates.issue(List.copyOf(names));
    }

    /// The check of the tokens with which IAM users log in to a cluster.
    IamTokens tokensOf(ClusterId cluster) {
        return new IamTokens(cluster.name(), cluster.region(), config.credentials(), clock);
    }
}
