/// A shard's transaction log: the contract, and its embedded implementation in segment files.
@NullMarked
package dev.keepsake.log;

import org.jspecify.annotations.NullMarked;
