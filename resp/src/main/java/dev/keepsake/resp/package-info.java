/// The Redis serialization protocol (RESP), versions 2 and 3: framing, encoding, the command table,
/// and checks of scripts.
@NullMarked
package dev.keepsake.resp;

import org.jspecify.annotations.NullMarked;
