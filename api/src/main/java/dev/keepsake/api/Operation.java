package dev.keepsake.api;

import tools.jackson.databind.node.ObjectNode;

/// One operation, ready to be executed.
interface Operation {
    ObjectNode answer(Call call);
}
