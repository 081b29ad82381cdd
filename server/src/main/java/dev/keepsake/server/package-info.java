/// The composition root and the command line.
@NullMarked
package dev.keepsake.server;

import org.jspecify.annotations.NullMarked;
