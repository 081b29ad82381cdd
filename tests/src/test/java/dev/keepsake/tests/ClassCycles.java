package dev.keepsake.tests;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/// Finds classes of a package that depend on one another in a circle. A nested class counts as the
/// class that it is in, so a class and its own parts are no circle.
final class ClassCycles {
    /*
     * Tarjan's algorithm: one walk in depth gives each class a number in the order of discovery, and
     * the smallest number that can be reached from it over classes that are still on the stack. A
     * class that reaches none before itself closes a component: all that is above it on the stack.
     * (R. Tarjan, Depth-first search and linear graph algorithms, 1972.)
     */
    private final Map<String, Set<String>> graph;
    private final Map<String, Integer> numbers = new HashMap<>();
    private final Map<String, Integer> reached = new HashMap<>();
    private final ArrayDeque<String> stack = new ArrayDeque<>();
    private final Set<String> onStack = new HashSet<>();
    private final List<Set<String>> cycles = new ArrayList<>();

    private ClassCycles(Map<String, Set<String>> graph) {
        this.graph = graph;
    }

    /// The circles among the classes of a package, by their simple names. Each is as large as it
    /// can be: every class of it depends on every other one, perhaps by way of others. The largest
    /// one comes first.
    static List<Set<String>> in(JavaClasses classes, String packageName) {
        return of(dependencies(classes, packageName));
    }

    /// The circles of any graph, given as what depends on what.
    static List<Set<String>> of(Map<String, Set<String>> graph) {
        var search = new ClassCycles(graph);
        graph.keySet().stream().sorted().forEach(search::visit);
        search.cycles.sort(
                Comparator.<Set<String>>comparingInt(Set::size)
                        .reversed()
                        .thenComparing(Object::toString));
        return search.cycles;
    }

    private static Map<String, Set<String>> dependencies(JavaClasses classes, String packageName) {
        var graph = new TreeMap<String, Set<String>>();
        for (var from : classes) {
            if (from.getPackageName().equals(packageName)) {
                var targets = graph.computeIfAbsent(outermost(from), _ -> new TreeSet<>());
                targetsOf(from)
                        .filter(to -> to.getPackageName().equals(packageName))
                        .map(ClassCycles::outermost)
                        .filter(to -> !to.equals(outermost(from)))
                        .forEach(targets::add);
            }
        }
        return graph;
    }

    private static Stream<JavaClass> targetsOf(JavaClass from) {
        return from.getDirectDependenciesFromSelf().stream()
                .map(Dependency::getTargetClass)
                .map(JavaClass::getBaseComponentType);
    }

    private static String outermost(JavaClass of) {
        String name = of.getName().substring(of.getPackageName().length() + 1);
        int nested = name.indexOf('$');
        return nested < 0 ? name : name.substring(0, nested);
    }

    private void visit(String from) {
        if (numbers.containsKey(from)) {
            return;
        }
        numbers.put(from, numbers.size());
        reached.put(from, numbers.get(from));
        stack.push(from);
        onStack.add(from);
        for (String to : graph.getOrDefault(from, Set.of())) {
            if (!numbers.containsKey(to)) {
                visit(to);
                reached.merge(from, reached.get(to), Math::min);
            } else if (onStack.contains(to)) {
                reached.merge(from, numbers.get(to), Math::min);
            }
        }
        if (reached.get(from).equals(numbers.get(from))) {
            close(from);
        }
    }

    private void close(String root) {
        var component = new TreeSet<String>();
        String top;
        do {
            top = stack.pop();
            onStack.remove(top);
            component.add(top);
        } while (!top.equals(root));
        if (component.size() > 1) {
            cycles.add(component);
        }
    }
}
