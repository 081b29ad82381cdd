/// The composition root: a server out of its parts, with the real clock, disk and network.
@NullMarked
package dev.keepsake.server;

import org.jspecify.annotations.NullMarked;
