/// The control plane: it decides about clusters and everything that belongs to them, over immutable
/// records. The module has no threads, files, sockets or clocks.
/// [dev.keepsake.control.ControlPlane] is the entry.
@NullMarked
package dev.keepsake.control;

import org.jspecify.annotations.NullMarked;
