/// The command line of Keepsake.
@NullMarked
package dev.keepsake.cli;

import org.jspecify.annotations.NullMarked;
