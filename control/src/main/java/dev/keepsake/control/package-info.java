/// Decisions of the control plane over immutable records. No threads, files, sockets or clocks.
@NullMarked
package dev.keepsake.control;

import org.jspecify.annotations.NullMarked;
