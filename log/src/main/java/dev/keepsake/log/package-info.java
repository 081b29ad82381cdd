/// A shard's transaction log: the contract [dev.keepsake.log.TransactionLog], and
/// [dev.keepsake.log.EmbeddedLog], which keeps it in segment files of this machine.
@NullMarked
package dev.keepsake.log;

import org.jspecify.annotations.NullMarked;
