/// Clusters of Keepsake for tests with JUnit 5 and 6: a server runs in a process of its own, and
/// tests get its clusters as parameters. [Keepsake] is where to begin.
@NullMarked
package dev.keepsake.junit;

import org.jspecify.annotations.NullMarked;
