package dev.keepsake.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class DumpCheckIT {
    // "REDIS0010", database 0, the string good=v
    private static final String GOOD = "524544495330303130" + "fe00" + "0004676f6f640176";
    // the hash bad in a listpack whose second entry claims to be longer than the list
    private static final String BAD = "10" + "03626164" + "0d" + "0d0000000200" + "82616203f0ffff";
    private static final String END = "ff" + "0000000000000000"; // no checksum

    @TempDir private Path directory;

    @Test
    void aKeyWhoseValueIsDamagedIsNamed() throws Exception {
        var binary = new EngineFinder(null, "", directory.resolve("bundle")).find();
        var damaged = file("damaged.rdb", GOOD + BAD + END);
        var sound = file("sound.rdb", GOOD + END);
        var work = Files.createDirectory(directory.resolve("work"));
        assertThat(DumpCheck.damagedKey(binary, damaged, work)).contains("bad");
        assertThat(DumpCheck.damagedKey(binary, sound, work)).isEmpty();
        assertThat(DumpCheck.damagedKey(binary, directory.resolve("none.rdb"), work)).isEmpty();
        assertThat(work).isEmptyDirectory();
    }

    private Path file(String name, String hex) throws Exception {
        return Files.write(directory.resolve(name), HexFormat.of().parseHex(hex));
    }
}
