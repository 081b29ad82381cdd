/// The AWS API over HTTP: AWS JSON 1.1, signatures, and the service's errors.
@NullMarked
package dev.keepsake.api;

import org.jspecify.annotations.NullMarked;
