/// The AWS API over HTTP: AWS JSON 1.1, credential scopes, faults on the wire.
@NullMarked
package dev.keepsake.api;

import org.jspecify.annotations.NullMarked;
