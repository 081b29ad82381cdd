/// Engine processes: one redis-server or valkey-server each. The module finds, examines, launches,
/// supervises and ends them.
@NullMarked
package dev.keepsake.engine;

import org.jspecify.annotations.NullMarked;
