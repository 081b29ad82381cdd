/// Measurements: single parts (JMH), and whole servers compared with stock Redis. The build runs
/// none of them.
@NullMarked
package dev.keepsake.benchmarks;

import org.jspecify.annotations.NullMarked;
