/// Engine processes: one redis-server or valkey-server each, found, launched, supervised and ended.
@NullMarked
package dev.keepsake.engine;

import org.jspecify.annotations.NullMarked;
