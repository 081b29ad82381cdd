/// Tests from outside: real SDKs, real Redis clients, real processes, and the rules of the modules.
@NullMarked
package dev.keepsake.tests;

import org.jspecify.annotations.NullMarked;
