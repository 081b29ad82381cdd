package dev.keepsake.api;

import dev.keepsake.control.Fault;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Distinguishes requests of programs from those that a web page made a browser send. Immutable.
///
/// The browser marks requests of another site's page (`Origin`, `Sec-Fetch-Site`). A page whose own
/// name was made to resolve to this server (DNS rebinding) sends that name as `Host`.
final class OwnHosts {
    // [::1]:8379, localhost:8379, localhost
    private static final Pattern HOST_AND_PORT =
            Pattern.compile("(\\[[0-9a-fA-F:.]{2,45}]|[^\\[\\]:/@\\s]{1,253})(?::(\\d{1,5}))?");
    private static final Pattern LOOPBACK =
            Pattern.compile("127(?:\\.(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)){3}");

    // Browsers omit this port from the Origin of a page, and no other port.
    private static final int ORIGIN_PORT = 80;

    private final String listensOn;
    private final @Nullable String announced;
    private final boolean anyHost;

    /// @param listensOn the address
    /// @param announced a host name of the address that clients get, or null
    /// @param anyHost whether every host is accepted, because requests prove their host by a
    ///   signature
    OwnHosts(String listensOn, @Nullable String announced, boolean anyHost) {
        this.listensOn = listensOn;
        this.announced = announced;
        this.anyHost = anyHost;
    }

    /// Checks that the request does not come from a web page of another site.
    ///
    /// @param port the port on which it arrived
    /// @throws dev.keepsake.control.ApiException when it may come from one
    void expectNoForeignPage(HttpHead head, int port) {
        String host = head.header("host");
        if (!anyHost && host != null && !isOwn(host, port, port)) {
            throw Fault.ACCESS_DENIED.because(
                    "The Host is \"%s\"; expected one of this server, such as localhost:%d. For other names, start it with --credentials, or let a proxy set the Host.",
                    shown(host), port);
        }
        String site = head.header("sec-fetch-site");
        if (site != null && !site.equals("same-origin") && !site.equals("none")) {
            throw Fault.ACCESS_DENIED.because(
                    "The Sec-Fetch-Site is \"%s\"; requests of other sites' pages are refused.",
                    shown(site));
        }
        String origin = head.header("origin");
        if (origin != null && !isOwnOrigin(origin, port)) {
            throw Fault.ACCESS_DENIED.because(
                    "The Origin is \"%s\"; requests of other sites' pages are refused.",
                    shown(origin));
        }
    }

    private boolean isOwnOrigin(String origin, int port) {
        String scheme = "http://";
        return origin.startsWith(scheme)
                && isOwn(origin.substring(scheme.length()), ORIGIN_PORT, port);
    }

    /// @param unnamed the port when the text has none
    private boolean isOwn(String hostAndPort, int unnamed, int port) {
        var parts = HOST_AND_PORT.matcher(hostAndPort);
        if (!parts.matches()
                || (parts.group(2) == null ? unnamed : Integer.parseInt(parts.group(2))) != port) {
            return false;
        }
        String host = parts.group(1).toLowerCase(Locale.ROOT);
        return host.equals("localhost")
                || host.equals("[::1]")
                || host.equals(listensOn)
                || LOOPBACK.matcher(host).matches()
                || (announced != null && host.equalsIgnoreCase(announced));
    }

    private static String shown(String value) {
        return value.length() <= 100 ? value : value.substring(0, 100) + "…";
    }
}
