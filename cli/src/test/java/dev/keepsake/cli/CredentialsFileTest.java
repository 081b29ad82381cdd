package dev.keepsake.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepsake.aws.AccessKey;
import dev.keepsake.core.Secret;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CredentialsFileTest {
    @TempDir private Path directory;

    private Map<String, AccessKey> read(String text) throws IOException, UsageException {
        var file = directory.resolve("keys");
        Files.writeString(file, text);
        return CredentialsFile.read("--credentials", file);
    }

    private static AccessKey key(String secret, String user) {
        return new AccessKey(new Secret(secret), user);
    }

    @Test
    void eachProfileMayNameAUser() throws Exception {
        assertThat(
                        read(
                                """
                                # keys
                                [default]
                                aws_access_key_id = A
                                aws_secret_access_key = a=a
                                region = us-east-1

                                [app]
                                user = App
                                aws_access_key_id=B
                                aws_secret_access_key=b

                                [two]
                                AWS_ACCESS_KEY_ID = C
                                aws_secret_access_key = c
                                user = reports
                                aws_access_key_id = D
                                aws_secret_access_key = d
                                """))
                .isEqualTo(
                        Map.of(
                                "A", AccessKey.of("a=a"),
                                "B", key("b", "app"),
                                "C", key("c", "reports"),
                                "D", AccessKey.of("d")));
    }

    @Test
    void aUserThatCannotBeIsRefused() {
        assertThatThrownBy(() ->
                        read("[x]\naws_access_key_id=A\naws_secret_access_key=hidden\nuser=a,b\n"))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("user = a,b is not a user's name")
                .hasMessageNotContaining("hidden");
    }

    @Test
    void aFileWithoutAKeyIsRefused() {
        assertThatThrownBy(() -> read("[x]\naws_access_key_id=A\n[y]\naws_secret_access_key=b\n"))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("no aws_access_key_id followed by");
    }
}
