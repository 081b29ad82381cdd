package dev.keepsake.cli;

import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Marker;
import org.slf4j.helpers.LegacyAbstractLogger;

/// A logger of SLF4J that passes its records to the logger of `java.util.logging` with the same
/// name, as a [TemplateRecord]. Any thread.
final class TemplateLogger extends LegacyAbstractLogger {
    private static final long serialVersionUID = 1;

    private final transient Logger target;

    TemplateLogger(String name) {
        this.name = name;
        this.target = Logger.getLogger(name.equals(ROOT_LOGGER_NAME) ? "" : name);
    }

    @Override
    public boolean isTraceEnabled() {
        return target.isLoggable(Level.FINEST);
    }

    @Override
    public boolean isDebugEnabled() {
        return target.isLoggable(Level.FINE);
    }

    @Override
    public boolean isInfoEnabled() {
        return target.isLoggable(Level.INFO);
    }

    @Override
    public boolean isWarnEnabled() {
        return target.isLoggable(Level.WARNING);
    }

    @Override
    public boolean isErrorEnabled() {
        return target.isLoggable(Level.SEVERE);
    }

    @Override
    protected String getFullyQualifiedCallerName() {
        return TemplateLogger.class.getName();
    }

    @Override
    protected void handleNormalizedLoggingCall(
            org.slf4j.event.Level level,
            @Nullable Marker marker,
            @Nullable String template,
            @Nullable Object @Nullable [] arguments,
            @Nullable Throwable thrown) {
        var record =
                new TemplateRecord(
                        switch (level) {
                            case TRACE -> Level.FINEST;
                            case DEBUG -> Level.FINE;
                            case INFO -> Level.INFO;
                            case WARN -> Level.WARNING;
                            case ERROR -> Level.SEVERE;
                        },
                        String.valueOf(template),
                        arguments);
        record.setLoggerName(target.getName());
        record.setSourceClassName(target.getName()); // else the stack is searched for the caller
        record.setThrown(thrown);
        target.log(record);
    }
}
