/// Types that all other modules share: terms, slots, ports, time, secrets and faults. The module
/// depends on no other module.
@NullMarked
package dev.keepsake.core;

import org.jspecify.annotations.NullMarked;
