/// Who vouches for the nodes of a server: its certificate authority, and the certificates of nodes.
@NullMarked
package dev.keepsake.trust;

import org.jspecify.annotations.NullMarked;
