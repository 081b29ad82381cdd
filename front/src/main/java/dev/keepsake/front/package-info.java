/// What Redis clients speak to: the listener of a node, its lanes to the engine, slot routing and
/// CLUSTER answers.
@NullMarked
package dev.keepsake.front;

import org.jspecify.annotations.NullMarked;
