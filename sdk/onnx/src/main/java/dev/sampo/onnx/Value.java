package dev.sampo.onnx;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * A value of a graph under construction: what a node gives, a constant, an input. Names of inputs, outputs and weights, which files and sessions know,
 * stay strings.
 *
 * @param name what the graph calls it; empty for an optional input that is left out
 */
public record Value(String name) {
  /** An optional input that is left out. */
  public static final Value NONE = new Value("");

  /** Values by their names. */
  public static List<Value> all(Collection<String> names) {
    List<Value> values = new ArrayList<>(names.size());
    names.forEach(name -> values.add(new Value(name)));
    return values;
  }

  /** The names of values. */
  public static List<String> names(Collection<Value> values) {
    List<String> names = new ArrayList<>(values.size());
    values.forEach(value -> names.add(value.name));
    return names;
  }

  /** The name. */
  @Override
  public String toString() {
    return name;
  }
}
