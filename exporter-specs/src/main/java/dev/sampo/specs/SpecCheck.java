package dev.sampo.specs;

import dev.sampo.specs.Difference.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Compares described graphs with a {@link Spec} and says exactly what differs. A dimension that the graph leaves open fits any; a symbol
 * that the graph fixes must have one value within the graph, and within the folder where the spec calls it shared. More outputs than the
 * spec names are allowed, more inputs are not, since nobody could feed them.
 */
public final class SpecCheck {
  private static final String PAST = "past_";

  private final Spec spec;
  private final List<Difference> differences = new ArrayList<>();
  private final Map<String, Binding> shared = new LinkedHashMap<>();

  private SpecCheck(Spec spec) {
    this.spec = spec;
  }

  /**
   * All differences of a folder's graphs, by their names in the spec; empty if it meets the spec.
   *
   * @throws SpecException if a graph has a name that the spec lacks
   */
  public static List<Difference> check(Spec spec, Map<String, GraphDescription> graphs) {
    SpecCheck check = new SpecCheck(spec);
    check.layout(graphs.keySet());
    for (Map.Entry<String, GraphDescription> e : graphs.entrySet()) {
      check.graph(spec.graph(e.getKey()), e.getValue());
    }
    return check.differences;
  }

  private void layout(Set<String> there) {
    Set<String> fewest = null;
    for (List<String> layout : spec.layouts()) {
      Set<String> missing = new LinkedHashSet<>(layout);
      missing.removeAll(there);
      if (fewest == null || missing.size() < fewest.size()) {
        fewest = missing;
      }
    }
    if (fewest == null || fewest.isEmpty()) {
      return;
    }
    for (String name : fewest) {
      add(
          Kind.MISSING_GRAPH,
          name,
          null,
          "Graph '"
              + name
              + "' ("
              + String.join(" or ", spec.graph(name).files())
              + ") is missing; "
              + spec.name()
              + " wants "
              + layouts());
    }
  }

  private String layouts() {
    StringBuilder text = new StringBuilder();
    for (List<String> layout : spec.layouts()) {
      text.append(text.length() == 0 ? "" : " or ").append(String.join(" + ", layout));
    }
    return text.toString();
  }

  private void graph(GraphSpec graph, GraphDescription actual) {
    Map<String, Binding> local = new LinkedHashMap<>();
    Set<String> names = new LinkedHashSet<>(actual.inputs().keySet());
    names.addAll(actual.outputs().keySet());
    side(graph, "Input", graph.inputs(), actual.inputs(), names, local);
    side(graph, "Output", graph.outputs(), actual.outputs(), names, local);
    if (!graph.oneOfOutputs().isEmpty()) {
      Set<String> there = new LinkedHashSet<>(graph.oneOfOutputs());
      there.retainAll(actual.outputs().keySet());
      if (there.isEmpty()) {
        add(
            Kind.MISSING_OUTPUT,
            graph.name(),
            null,
            "Graph '"
                + graph.name()
                + "' gives none of the outputs "
                + graph.oneOfOutputs()
                + "; it gives "
                + actual.outputs().keySet());
      }
    }
  }

  private void side(
      GraphSpec graph,
      String kind,
      List<TensorSpec> wanted,
      Map<String, TensorDescription> actual,
      Set<String> allNames,
      Map<String, Binding> local) {
    Set<String> unknown = new LinkedHashSet<>(actual.keySet());
    for (TensorSpec tensor : wanted) {
      TreeSet<Integer> indexes = new TreeSet<>();
      for (Map.Entry<String, TensorDescription> e : actual.entrySet()) {
        int index = tensor.indexOf(e.getKey());
        if (index < 0) {
          continue;
        }
        unknown.remove(e.getKey());
        indexes.add(index);
        tensor(graph, kind, tensor, index, e.getKey(), e.getValue(), local);
        partner(graph, kind, tensor, index, e.getKey(), allNames);
      }
      presence(graph, kind, tensor, indexes, actual);
    }
    if (kind.equals("Input")) {
      for (String name : unknown) {
        if (isState(name, wanted, allNames)) {
          continue;
        }
        add(
            Kind.UNEXPECTED_INPUT,
            graph.name(),
            name,
            "Unexpected input '"
                + name
                + "' "
                + actual.get(name)
                + " of '"
                + graph.name()
                + "'; "
                + spec.name()
                + " knows "
                + names(wanted));
      }
    }
  }

  /** A state of another kind beside a spec's own past, such as {@code past_conv.0} with {@code present_conv.0}, is carried as it is. */
  private static boolean isState(String name, List<TensorSpec> wanted, Set<String> allNames) {
    boolean hasPast = false;
    for (TensorSpec tensor : wanted) {
      hasPast |= tensor.name().startsWith(PAST);
    }
    return hasPast
        && name.startsWith(PAST)
        && allNames.contains("present_" + name.substring(PAST.length()));
  }

  private void presence(
      GraphSpec graph,
      String kind,
      TensorSpec tensor,
      TreeSet<Integer> indexes,
      Map<String, TensorDescription> actual) {
    Kind missing = kind.equals("Input") ? Kind.MISSING_INPUT : Kind.MISSING_OUTPUT;
    if (indexes.isEmpty()) {
      if (!tensor.optional()) {
        add(
            missing,
            graph.name(),
            tensor.name(),
            kind
                + " '"
                + tensor.name()
                + "' "
                + String.join(" or ", tensor.types())
                + " "
                + shapes(tensor, 0)
                + " of '"
                + graph.name()
                + "' is missing; the graph has "
                + actual.keySet());
      }
      return;
    }
    // Keys and values may have gaps: layers of another kind stand between. Each has its partner.
    boolean cache = tensor.name().startsWith(PAST) || tensor.name().startsWith("present.");
    for (int i = 0; tensor.isRepeated() && !cache && i < indexes.last(); i++) {
      if (!indexes.contains(i)) {
        add(
            Kind.INDEX,
            graph.name(),
            tensor.name(i),
            kind
                + " '"
                + tensor.name(i)
                + "' of '"
                + graph.name()
                + "' is missing, though there is '"
                + tensor.name(indexes.last())
                + "'");
      }
    }
  }

  private void partner(
      GraphSpec graph,
      String kind,
      TensorSpec tensor,
      int index,
      String name,
      Set<String> allNames) {
    String with = tensor.with();
    if (with == null) {
      return;
    }
    String partner = with.replace(TensorSpec.INDEX, String.valueOf(index));
    if (!allNames.contains(partner)) {
      boolean partnerIsInput = false;
      for (TensorSpec input : graph.inputs()) {
        partnerIsInput |= input.name().equals(with);
      }
      add(
          partnerIsInput ? Kind.MISSING_INPUT : Kind.MISSING_OUTPUT,
          graph.name(),
          partner,
          kind + " '" + name + "' of '" + graph.name() + "' is there without '" + partner + "'");
    }
  }

  private void tensor(
      GraphSpec graph,
      String kind,
      TensorSpec wanted,
      int index,
      String name,
      TensorDescription actual,
      Map<String, Binding> local) {
    String what = kind + " '" + name + "' of '" + graph.name() + "'";
    if (!wanted.types().contains(actual.type())) {
      add(
          Kind.ELEMENT_TYPE,
          graph.name(),
          name,
          what + " is " + actual.type() + ", wanted " + String.join(" or ", wanted.types()));
    }
    String conflict = null;
    boolean rankFits = false;
    for (List<String> shape : wanted.shapes()) {
      if (shape.size() != actual.dims().size()) {
        continue;
      }
      rankFits = true;
      Map<String, Binding> trial = new LinkedHashMap<>();
      String problem = bind(shape, index, actual.dims(), what, local, trial);
      if (problem == null) {
        commit(trial, local);
        return;
      }
      conflict = conflict == null ? problem : conflict;
    }
    String end = what + " has shape " + shape(actual.dims()) + ", wanted " + shapes(wanted, index);
    add(
        rankFits ? Kind.SHAPE : Kind.RANK,
        graph.name(),
        name,
        conflict == null ? end : end + ": " + conflict);
  }

  private @Nullable String bind(
      List<String> shape,
      int index,
      List<String> dims,
      String what,
      Map<String, Binding> local,
      Map<String, Binding> trial) {
    for (int i = 0; i < dims.size(); i++) {
      String symbol = shape.get(i).replace(TensorSpec.INDEX, String.valueOf(index));
      String dim = dims.get(i);
      if (!isNumber(dim)) {
        continue;
      }
      if (isNumber(symbol)) {
        if (!symbol.equals(dim)) {
          return "dimension " + i + " is " + dim + ", not " + symbol;
        }
        continue;
      }
      Binding before = trial.get(symbol);
      before = before == null ? local.get(symbol) : before;
      before = before == null ? shared.get(symbol) : before;
      if (before == null) {
        trial.put(symbol, new Binding(dim, what));
      } else if (!before.value.equals(dim)) {
        return symbol + " is " + dim + " here and " + before.value + " in " + before.where;
      }
    }
    return null;
  }

  private void commit(Map<String, Binding> trial, Map<String, Binding> local) {
    for (Map.Entry<String, Binding> e : trial.entrySet()) {
      (spec.shared().contains(e.getKey()) ? shared : local).put(e.getKey(), e.getValue());
    }
  }

  private void add(Kind kind, String graph, @Nullable String tensor, String message) {
    differences.add(new Difference(kind, graph, tensor, message));
  }

  private static boolean isNumber(String dim) {
    for (int i = 0; i < dim.length(); i++) {
      if (dim.charAt(i) < '0' || dim.charAt(i) > '9') {
        return false;
      }
    }
    return !dim.isEmpty();
  }

  private static List<String> names(List<TensorSpec> tensors) {
    List<String> names = new ArrayList<>();
    for (TensorSpec tensor : tensors) {
      names.add(tensor.name());
    }
    return names;
  }

  private static String shapes(TensorSpec tensor, int index) {
    StringBuilder text = new StringBuilder();
    for (List<String> shape : tensor.shapes()) {
      text.append(text.length() == 0 ? "" : " or ").append(shape(shape));
    }
    return tensor.isRepeated()
        ? text.toString().replace(TensorSpec.INDEX, String.valueOf(index))
        : text.toString();
  }

  static String shape(List<String> dims) {
    return "[" + String.join(",", dims) + "]";
  }

  private static final class Binding {
    final String value;
    final String where;

    Binding(String value, String where) {
      this.value = value;
      this.where = where;
    }
  }
}
