package dev.keepsake.shard;

import dev.keepsake.core.Secret;

/// What an engine has to say before its feed answers. Made anew for each life of a node.
record FeedCredentials(String user, Secret password) {}
