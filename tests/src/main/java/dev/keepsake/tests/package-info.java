/// Tests from outside: real SDKs, real Redis clients, and the rules of the modules.
@NullMarked
package dev.keepsake.tests;

import org.jspecify.annotations.NullMarked;
