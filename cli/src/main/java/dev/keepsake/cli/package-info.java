/// The command line.
@NullMarked
package dev.keepsake.cli;

import org.jspecify.annotations.NullMarked;
