package dev.keepsake.cli;

import com.sun.source.tree.BinaryTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.ExpressionTree;
import com.sun.source.tree.IdentifierTree;
import com.sun.source.tree.LiteralTree;
import com.sun.source.tree.MemberReferenceTree;
import com.sun.source.tree.MemberSelectTree;
import com.sun.source.tree.MethodInvocationTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.ParenthesizedTree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePath;
import com.sun.source.util.TreePathScanner;
import com.sun.source.util.TreeScanner;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/// The warnings and errors that Keepsake can log, as its sources say: the calls of `LOG.warn`,
/// `LOG.error` and of a fault handler's `fatal`. A text that is passed through a variable or a
/// parameter is followed to where it is written.
final class LogMessages {
    private static final String ANYTHING = "…";
    private static final Set<String> LOGGING = Set.of("warn", "error");
    private static final String FATAL = "fatal";

    /// One message.
    ///
    /// @param level `WARN` or `ERROR`
    /// @param logger the simple name of the logger
    /// @param text the message, with `…` for what differs
    record Message(String level, String logger, String text) implements Comparable<Message> {
        private static final Comparator<Message> ORDER =
                Comparator.comparing(Message::logger)
                        .thenComparing(Message::text)
                        .thenComparing(Message::level);

        @Override
        public int compareTo(Message other) {
            return ORDER.compare(this, other);
        }
    }

    private final List<CompilationUnitTree> files;
    private final Map<String, String> constants = new HashMap<>();
    private final Set<Message> found = new TreeSet<>();

    private LogMessages(List<CompilationUnitTree> files) {
        this.files = files;
    }

    /// Reads the sources of all modules.
    ///
    /// @param root the root of the source tree
    static Set<Message> in(Path root) throws IOException {
        var messages = new LogMessages(parse(sources(root)));
        messages.files.forEach(messages::noteConstants);
        messages.files.forEach(messages::noteMessages);
        return messages.found;
    }

    private static List<Path> sources(Path root) throws IOException {
        var sources = new ArrayList<Path>();
        try (var modules = Files.list(root)) {
            for (var module : modules.sorted().toList()) {
                var main = module.resolve("src/main/java");
                if (Files.isDirectory(main) && !module.endsWith("benchmarks")) {
                    try (var files = Files.walk(main)) {
                        files.filter(LogMessages::mayLog).sorted().forEach(sources::add);
                    }
                }
            }
        }
        return sources;
    }

    private static boolean mayLog(Path file) {
        if (!file.toString().endsWith(".java")) {
            return false;
        }
        try {
            var text = Files.readString(file);
            return text.contains("Logger") || text.contains("." + FATAL + "(");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<CompilationUnitTree> parse(List<Path> sources) throws IOException {
        var compiler = ToolProvider.getSystemJavaCompiler();
        var units = new ArrayList<CompilationUnitTree>();
        try (var files = compiler.getStandardFileManager(null, null, null)) {
            var task =
                    (JavacTask)
                            compiler.getTask(
                                    null,
                                    files,
                                    null,
                                    List.of("-proc:none"),
                                    null,
                                    files.getJavaFileObjectsFromPaths(sources));
            task.parse().forEach(units::add);
        }
        return units;
    }

    private void noteConstants(CompilationUnitTree file) {
        new TreePathScanner<@Nullable Void, @Nullable Void>() {
            @Override
            public @Nullable Void visitVariable(VariableTree variable, @Nullable Void nothing) {
                var value = variable.getInitializer();
                if (getCurrentPath().getParentPath().getLeaf() instanceof ClassTree
                        && value != null
                        && !textOf(value, getCurrentPath()).equals(ANYTHING)) {
                    constants.put(variable.getName().toString(), textOf(value, getCurrentPath()));
                }
                return super.visitVariable(variable, null);
            }
        }.scan(file, null);
    }

    private void noteMessages(CompilationUnitTree file) {
        new TreePathScanner<@Nullable Void, @Nullable Void>() {
            @Override
            public @Nullable Void visitMethodInvocation(
                    MethodInvocationTree call, @Nullable Void nothing) {
                if (call.getMethodSelect() instanceof MemberSelectTree method) {
                    var name = method.getIdentifier().toString();
                    if (LOGGING.contains(name) && isLogger(method.getExpression())) {
                        note(name, call.getArguments().getFirst(), getCurrentPath(), "");
                    } else if (name.equals(FATAL)) {
                        note("error", call.getArguments().getFirst(), getCurrentPath(), "fault ");
                    }
                }
                return super.visitMethodInvocation(call, null);
            }

            @Override
            public @Nullable Void visitMemberReference(
                    MemberReferenceTree method, @Nullable Void nothing) {
                if (isLogger(method.getQualifierExpression())) {
                    throw new AssertionError(
                            "%s passes texts to the log in a way that cannot be followed: %s; call the logger with a template"
                                    .formatted(file.getSourceFile().getName(), method));
                }
                return super.visitMemberReference(method, null);
            }
        }.scan(file, null);
    }

    private static boolean isLogger(ExpressionTree receiver) {
        return switch (receiver) {
            case IdentifierTree name -> name.getName().contentEquals("LOG");
            case MethodInvocationTree call ->
                    call.getMethodSelect().toString().equals("LoggerFactory.getLogger");
            default -> false;
        };
    }

    private void note(String level, ExpressionTree text, TreePath at, String before) {
        var logger = before.isEmpty() ? outermostClass(at) : "ServerParts";
        var written = writtenIn(text, at).toList();
        for (var each : written) {
            if (each.equals(ANYTHING)) {
                throw new AssertionError(
                        "%s logs a text that is not written there: %s; call the logger with a template"
                                .formatted(outermostClass(at), at.getLeaf()));
            }
            found.add(new Message(level.toUpperCase(Locale.ROOT), logger, before + each));
        }
    }

    private static String outermostClass(TreePath at) {
        var name = "";
        for (var node : at) {
            if (node instanceof ClassTree type) {
                name = type.getSimpleName().toString();
            }
        }
        return name;
    }

    /// The texts that an expression may have: more than one, if a caller passes it.
    private Stream<String> writtenIn(ExpressionTree text, TreePath at) {
        if (!(text instanceof IdentifierTree name) || constants.containsKey(name.toString())) {
            return Stream.of(textOf(text, at));
        }
        var method = enclosingMethod(at);
        if (method == null) {
            return Stream.of(ANYTHING);
        }
        var parameters = method.getParameters();
        for (int i = 0; i < parameters.size(); i++) {
            if (parameters.get(i).getName().equals(name.getName())) {
                return passedTo(method, i, at);
            }
        }
        return Stream.of(textOf(text, at));
    }

    private static @Nullable MethodTree enclosingMethod(TreePath at) {
        for (var node : at) {
            if (node instanceof MethodTree method) {
                return method;
            }
        }
        return null;
    }

    /// The texts that the calls of a method in the same file pass at a place.
    private Stream<String> passedTo(MethodTree method, int place, TreePath at) {
        var passed = new ArrayList<String>();
        new TreePathScanner<@Nullable Void, @Nullable Void>() {
            @Override
            public @Nullable Void visitMethodInvocation(
                    MethodInvocationTree call, @Nullable Void nothing) {
                boolean isCall =
                        call.getMethodSelect() instanceof IdentifierTree name
                                && name.getName().equals(method.getName())
                                && call.getArguments().size() == method.getParameters().size();
                if (isCall) {
                    writtenIn(call.getArguments().get(place), getCurrentPath())
                            .forEach(passed::add);
                }
                return super.visitMethodInvocation(call, null);
            }
        }.scan(at.getCompilationUnit(), null);
        return passed.isEmpty() ? Stream.of(ANYTHING) : passed.stream();
    }

    /// The text of an expression, with `…` for what is not written there.
    private String textOf(ExpressionTree expression, TreePath at) {
        return switch (expression) {
            case LiteralTree literal when literal.getValue() instanceof String text ->
                    text.replace("{}", ANYTHING);
            case ParenthesizedTree inner -> textOf(inner.getExpression(), at);
            case BinaryTree sum ->
                    textOf(sum.getLeftOperand(), at) + textOf(sum.getRightOperand(), at);
            case MethodInvocationTree call
                    when call.getMethodSelect() instanceof MemberSelectTree method
                            && method.getIdentifier().contentEquals("formatted") ->
                    textOf(method.getExpression(), at).replaceAll("%[sd]", ANYTHING);
            case MemberSelectTree member ->
                    constants.getOrDefault(member.getIdentifier().toString(), ANYTHING);
            case IdentifierTree name ->
                    constants.getOrDefault(name.toString(), localText(name, at));
            default -> ANYTHING;
        };
    }

    /// The text with which a variable of the same method is initialized.
    private String localText(IdentifierTree name, TreePath at) {
        var method = enclosingMethod(at);
        if (method == null) {
            return ANYTHING;
        }
        var texts = new ArrayList<String>();
        new TreeScanner<@Nullable Void, @Nullable Void>() {
            @Override
            public @Nullable Void visitVariable(VariableTree variable, @Nullable Void nothing) {
                var value = variable.getInitializer();
                if (variable.getName().equals(name.getName()) && value != null) {
                    texts.add(textOf(value, at));
                }
                return super.visitVariable(variable, null);
            }
        }.scan(method, null);
        return texts.isEmpty() ? ANYTHING : texts.getFirst();
    }
}
