/// The Redis serialization protocol, versions 2 and 3: framing, encoding, and the command table.
@NullMarked
package dev.keepsake.resp;

import org.jspecify.annotations.NullMarked;
