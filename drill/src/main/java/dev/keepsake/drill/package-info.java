/// Failovers under load, measured from outside: a server is driven through the AWS API and a stock
/// Redis cluster client, and everything that it has acknowledged is read back.
@NullMarked
package dev.keepsake.drill;

import org.jspecify.annotations.NullMarked;
