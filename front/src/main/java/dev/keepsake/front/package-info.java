/// The front of a node: its listener for Redis clients, its lanes to the engine, the routing by
/// slots and the answers of CLUSTER.
@NullMarked
package dev.keepsake.front;

import org.jspecify.annotations.NullMarked;
