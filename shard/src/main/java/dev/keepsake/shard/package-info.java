/// One node of a shard: leadership, tap, feed and tracker between an engine and the transaction
/// log. [dev.keepsake.shard.ShardNode] puts these parts together.
@NullMarked
package dev.keepsake.shard;

import org.jspecify.annotations.NullMarked;
