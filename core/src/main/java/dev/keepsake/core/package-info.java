/// What every other module shares: terms, slots, time, faults. It knows no other module.
@NullMarked
package dev.keepsake.core;

import org.jspecify.annotations.NullMarked;
