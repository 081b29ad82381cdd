package dev.keepsake.server;

import dev.keepsake.core.Secret;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// Reads the keys of those who may call, from a file in the form of `~/.aws/credentials`.
final class CredentialsFile {
    private CredentialsFile() {}

    /// The secret keys of all profiles, by access key id.
    ///
    /// @param option which option names the file, for messages
    /// @throws UsageException when the file cannot be read, or has no key; the message shows none
    static Map<String, Secret> read(String option, Path file) throws UsageException {
        var keys = new HashMap<String, Secret>();
        String id = "";
        try {
            for (String line : Files.readAllLines(file)) {
                if (line.strip().startsWith("[")) {
                    id = "";
                }
                id = valueOf("aws_access_key_id", line).orElse(id);
                var secret = valueOf("aws_secret_access_key", line);
                if (secret.isPresent() && !id.isEmpty()) {
                    keys.put(id, new Secret(secret.get()));
                }
            }
        } catch (IOException e) {
            throw new UsageException("%s is %s, which cannot be read".formatted(option, file), e);
        }
        if (keys.isEmpty()) {
            throw new UsageException(
                    "%s is %s, which has no aws_access_key_id followed by an"
                                    .formatted(option, file)
                            + " aws_secret_access_key");
        }
        return keys;
    }

    private static Optional<String> valueOf(String name, String line) {
        int equals = line.indexOf('=');
        boolean named =
                equals > 0
                        && line.substring(0, equals).strip().toLowerCase(Locale.ROOT).equals(name);
        return named ? Optional.of(line.substring(equals + 1).strip()) : Optional.empty();
    }
}
