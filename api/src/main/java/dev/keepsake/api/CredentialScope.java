package dev.keepsake.api;

import dev.keepsake.aws.SignatureV4;
import java.util.Optional;
import java.util.regex.Pattern;

/// The parts of `Credential=KEY/DATE/REGION/SERVICE/aws4_request` in an Authorization header.
record CredentialScope(String key, String date, String region, String service) {
    private static final String CREDENTIAL = "Credential=";
    private static final Pattern DATE = Pattern.compile("\\d{8}");
    private static final Pattern REGION = Pattern.compile("[a-z0-9-]{1,63}");
    private static final Pattern SERVICE = Pattern.compile("[a-z0-9-]{1,63}");

    /// The scope in a header; empty when there is none. The rest of the header is not checked.
    static Optional<CredentialScope> of(String authorization) {
        int at = authorization.indexOf(CREDENTIAL);
        if (!authorization.startsWith(SignatureV4.ALGORITHM) || at < 0) {
            return Optional.empty();
        }
        int from = at + CREDENTIAL.length();
        int end = from;
        while (end < authorization.length()
                && authorization.charAt(end) != ','
                && authorization.charAt(end) > ' ') {
            end++;
        }
        var parts = authorization.substring(from, end).split("/", -1);
        if (parts.length != 5
                || parts[0].isEmpty()
                || !DATE.matcher(parts[1]).matches()
                || !REGION.matcher(parts[2]).matches()
                || !SERVICE.matcher(parts[3]).matches()
                || !parts[4].equals("aws4_request")) {
            return Optional.empty();
        }
        return Optional.of(new CredentialScope(parts[0], parts[1], parts[2], parts[3]));
    }

    @Override
    public String toString() {
        return "%s/%s/%s/aws4_request".formatted(date, region, service);
    }
}
