/// The composition root: it puts a server together from its parts, with the real clock, disk and
/// network.
@NullMarked
package dev.keepsake.server;

import org.jspecify.annotations.NullMarked;
