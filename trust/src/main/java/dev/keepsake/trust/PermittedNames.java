package dev.keepsake.trust;

import dev.keepsake.core.AddressBlock;
import java.util.ArrayList;
import java.util.List;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralSubtree;
import org.bouncycastle.asn1.x509.NameConstraintValidatorException;
import org.bouncycastle.asn1.x509.NameConstraints;
import org.bouncycastle.asn1.x509.PKIXNameConstraintValidator;
import org.jspecify.annotations.Nullable;

/// What the nodes of a server may be known as: the names and addresses of this machine, and those
/// that the server was told of. An authority says so in its certificate, so that its key, should it
/// be stolen, proves nothing about anybody else to those who trust it. Immutable.
public final class PermittedNames {
    private final List<GeneralName> names;

    private PermittedNames(List<GeneralName> names) {
        this.names = List.copyOf(names);
    }

    /// This machine.
    ///
    /// @param hostName what clients are told instead of an address, or null
    /// @param block what nodes have addresses of their own from, or null
    public static PermittedNames of(@Nullable String hostName, @Nullable AddressBlock block) {
        var names = new ArrayList<GeneralName>();
        names.add(new GeneralName(GeneralName.iPAddress, "127.0.0.0/8"));
        names.add(new GeneralName(GeneralName.iPAddress, "::1/128"));
        names.add(new GeneralName(GeneralName.dNSName, "localhost"));
        if (hostName != null && !hostName.equalsIgnoreCase("localhost")) {
            names.add(new GeneralName(GeneralName.dNSName, hostName));
        }
        if (block != null && !block.address(0).startsWith("127.")) {
            names.add(new GeneralName(GeneralName.iPAddress, block.toString()));
        }
        return new PermittedNames(names);
    }

    /// As an authority's certificate has it.
    NameConstraints asConstraints() {
        return new NameConstraints(
                names.stream().map(GeneralSubtree::new).toArray(GeneralSubtree[]::new), null);
    }

    /// Whether an authority that is constrained in this way may vouch for a name.
    static boolean permits(NameConstraints constraints, GeneralName name) {
        var validator = new PKIXNameConstraintValidator();
        validator.intersectPermittedSubtree(constraints.getPermittedSubtrees());
        try {
            validator.checkPermitted(name);
            return true;
        } catch (NameConstraintValidatorException e) {
            return false;
        }
    }
}
