/// What the packages contain beside jars: manual pages and completions for shells, out of the
/// command line's own description.
@NullMarked
package dev.keepsake.dist;

import org.jspecify.annotations.NullMarked;
