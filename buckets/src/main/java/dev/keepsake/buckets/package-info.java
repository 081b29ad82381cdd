/// Files that leave the server or come from elsewhere: buckets of S3 or of directories, and the
/// bounds for copying files that fill clusters.
@NullMarked
package dev.keepsake.buckets;

import org.jspecify.annotations.NullMarked;
