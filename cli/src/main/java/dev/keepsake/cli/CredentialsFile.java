package dev.keepsake.cli;

import dev.keepsake.aws.AccessKey;
import dev.keepsake.core.Secret;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/// Reads the keys that may sign calls, from a file in the form of `~/.aws/credentials`. A profile
/// may bind its key to the login tokens of one user:
///
/// ```
/// [reports]
/// aws_access_key_id = AKIA…
/// aws_secret_access_key = …
/// user = reports
/// ```
final class CredentialsFile {
    private static final Pattern USER = Pattern.compile("[a-zA-Z][a-zA-Z0-9-]{0,39}");

    private final Map<String, AccessKey> keys = new HashMap<>();
    private String id = "";
    private String secret = "";
    private String user = "";

    private CredentialsFile() {}

    /// The keys of all profiles, by access key id.
    ///
    /// @param option the option that names the file, for messages
    /// @throws UsageException when the file cannot be read, or has no key; the message contains no
    ///   key
    static Map<String, AccessKey> read(String option, Path file) throws UsageException {
        var read = new CredentialsFile();
        try {
            for (String line : Files.readAllLines(file)) {
                read.take(line.strip());
            }
            read.endProfile();
        } catch (IOException e) {
            throw new UsageException("%s is %s, which cannot be read".formatted(option, file), e);
        } catch (IllegalArgumentException e) {
            throw new UsageException("%s is %s, %s".formatted(option, file, e.getMessage()), e);
        }
        if (read.keys.isEmpty()) {
            throw new UsageException(
                    "%s is %s, which has no aws_access_key_id followed by an"
                                    .formatted(option, file)
                            + " aws_secret_access_key");
        }
        return read.keys;
    }

    private void take(String line) {
        var newId = valueOf("aws_access_key_id", line);
        if (line.startsWith("[") || (newId.isPresent() && !id.isEmpty())) {
            endProfile();
        }
        id = newId.orElse(id);
        secret = valueOf("aws_secret_access_key", line).orElse(secret);
        user = valueOf("user", line).orElse(user);
    }

    private void endProfile() {
        if (!user.isEmpty() && !USER.matcher(user).matches()) {
            throw new IllegalArgumentException(
                    "in which user = %s is not a user's name; give a letter, followed by letters, digits and hyphens"
                            .formatted(user));
        }
        if (!id.isEmpty() && !secret.isEmpty()) {
            keys.put(
                    id,
                    new AccessKey(
                            new Secret(secret),
                            user.isEmpty() ? null : user.toLowerCase(Locale.ROOT)));
        }
        id = "";
        secret = "";
        user = "";
    }

    private static Optional<String> valueOf(String name, String line) {
        int equals = line.indexOf('=');
        boolean named =
                equals > 0
                        && line.substring(0, equals).strip().toLowerCase(Locale.ROOT).equals(name);
        return named ? Optional.of(line.substring(equals + 1).strip()) : Optional.empty();
    }
}
