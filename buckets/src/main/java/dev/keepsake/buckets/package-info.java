/// Files that leave the server or come from elsewhere: buckets of S3 or of directories, and what
/// bounds the copying of files that fill clusters.
@NullMarked
package dev.keepsake.buckets;

import org.jspecify.annotations.NullMarked;
