/// AWS's signatures of version 4, for requests, login tokens and S3.
@NullMarked
package dev.keepsake.aws;

import org.jspecify.annotations.NullMarked;
