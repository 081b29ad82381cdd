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

/// The names that the nodes of a server may have: the names and addresses of this machine, and
/// those of the server's options. An authority's certificate contains them as constraints. So even
/// with a stolen key of the authority, clients that trust it accept no certificate for another
/// name. Immutable.
public final class PermittedNames {
    private final List<GeneralName> names;

    private PermittedNames(List<GeneralName> names) {
        this.names = List.copyOf(names);
    }

    /// The names of this machine and of the options.
    ///
    /// @param hostName the host name that clients get instead of an address, or null
    /// @param block the block of the nodes' own addresses, or null
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

    /// The constraints for an authority's certificate.
    NameConstraints asConstraints() {
        return new NameConstraints(
                names.stream().map(GeneralSubtree::new).toArray(GeneralSubtree[]::new), null);
    }

    /// Whether an authority with these constraints may sign for a name.
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
