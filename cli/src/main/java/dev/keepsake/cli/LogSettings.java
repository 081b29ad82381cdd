package dev.keepsake.cli;

import java.util.logging.Formatter;

/// What is logged, and in which form.
record LogSettings(Formatter formatter, LogLevels levels) {}
