/// Makes the nodes that run match the records of the control plane.
@NullMarked
package dev.keepsake.fleet;

import org.jspecify.annotations.NullMarked;
