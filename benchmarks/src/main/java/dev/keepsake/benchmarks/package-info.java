/// Measurements: pieces alone (JMH), and whole servers against stock Redis. Nothing here runs in
/// the build.
@NullMarked
package dev.keepsake.benchmarks;

import org.jspecify.annotations.NullMarked;
