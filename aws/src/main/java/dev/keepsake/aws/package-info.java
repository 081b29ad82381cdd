/// AWS's signatures of version 4: what requests, login tokens and S3 are signed by.
@NullMarked
package dev.keepsake.aws;

import org.jspecify.annotations.NullMarked;
