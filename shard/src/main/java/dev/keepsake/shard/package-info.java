/// One node of a shard: leadership, tap, feed and tracker around an engine and the transaction log.
@NullMarked
package dev.keepsake.shard;

import org.jspecify.annotations.NullMarked;
