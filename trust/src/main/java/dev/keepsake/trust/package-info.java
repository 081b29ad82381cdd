/// The identity of a server's nodes: its certificate authority, and the certificates of nodes.
@NullMarked
package dev.keepsake.trust;

import org.jspecify.annotations.NullMarked;
