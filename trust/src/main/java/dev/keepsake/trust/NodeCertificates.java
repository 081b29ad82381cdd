package dev.keepsake.trust;

import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.WeakHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The certificates of a server's nodes. A server may run for longer than a certificate is valid,
/// so each certificate is replaced in time, as long as a node uses it. One thread.
public final class NodeCertificates {
    private static final Logger LOG = LoggerFactory.getLogger(NodeCertificates.class);

    private final CertificateAuthority authority;
    private final Set<NodeTls> issued = Collections.newSetFromMap(new WeakHashMap<>());

    public NodeCertificates(CertificateAuthority authority) {
        this.authority = authority;
    }

    /// Issues a certificate for nodes with these names.
    public NodeTls issue(List<String> names) throws IOException {
        var tls = authority.issue(names);
        issued.add(tls);
        return tls;
    }

    /// Replaces the certificates that are due. The owner calls this from time to time; a failed
    /// replacement is tried again at the next call.
    public void renewDue() {
        for (var tls : List.copyOf(issued)) {
            try {
                if (authority.renewIfDue(tls)) {
                    LOG.info(
                            "nodes have a new certificate names={} until={}",
                            tls.present().names(),
                            tls.present().end());
                }
            } catch (IOException | RuntimeException e) {
                LOG.error("nodes keep their certificate reason={}", e.getMessage(), e);
            }
        }
    }
}
