/// Failovers under load, measured from outside: the drill uses a server through the AWS API and a
/// stock Redis cluster client, and reads back everything that the server has acknowledged.
@NullMarked
package dev.keepsake.drill;

import org.jspecify.annotations.NullMarked;
