package dev.sampo.specs;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The keys of a {@code sampo.json} that belong to its family, checked against the family's spec: only keys that it names, each of its
 * type, none that is required missing. Immutable.
 */
public final class Properties {
  private final String source;
  private final Map<String, Object> values;

  Properties(String source, Map<String, Object> values) {
    this.source = source;
    this.values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
  }

  /** The keys that are given. */
  public Set<String> names() {
    return values.keySet();
  }

  /** Whether the key is given. */
  public boolean has(String name) {
    return values.containsKey(name);
  }

  /**
   * A whole number.
   *
   * @throws SpecException if it is not given
   */
  public int integer(String name) {
    return Math.toIntExact((Long) require(name, Long.class));
  }

  /** A whole number, or {@code fallback} if it is not given. */
  public int integer(String name, int fallback) {
    return has(name) ? integer(name) : fallback;
  }

  /** A number; see {@link #integer(String)}. */
  public double number(String name) {
    return (Double) require(name, Double.class);
  }

  /** A number, or {@code fallback} if it is not given. */
  public double number(String name, double fallback) {
    return has(name) ? number(name) : fallback;
  }

  /** A string; see {@link #integer(String)}. */
  public String string(String name) {
    return (String) require(name, String.class);
  }

  /** A string, or {@code fallback} if it is not given. */
  public String string(String name, String fallback) {
    return has(name) ? string(name) : fallback;
  }

  /** A truth value, or {@code fallback} if it is not given. */
  public boolean bool(String name, boolean fallback) {
    return has(name) ? (Boolean) require(name, Boolean.class) : fallback;
  }

  /** A list of strings; empty if it is not given. */
  @SuppressWarnings("unchecked")
  public List<String> strings(String name) {
    return has(name) ? (List<String>) require(name, List.class) : Collections.emptyList();
  }

  /** A list of numbers; empty if it is not given. */
  public float[] numbers(String name) {
    return has(name) ? floats((List<?>) require(name, List.class)) : new float[0];
  }

  /** A list of lists of numbers; empty if it is not given. */
  public float[][] numberRows(String name) {
    if (!has(name)) {
      return new float[0][];
    }
    List<?> rows = (List<?>) require(name, List.class);
    float[][] out = new float[rows.size()][];
    for (int i = 0; i < out.length; i++) {
      out[i] = floats((List<?>) rows.get(i));
    }
    return out;
  }

  private static float[] floats(List<?> numbers) {
    float[] out = new float[numbers.size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = ((Double) numbers.get(i)).floatValue();
    }
    return out;
  }

  private Object require(String name, Class<?> type) {
    Object value = values.get(name);
    if (value == null) {
      throw new SpecException(source, "key '" + name + "' is missing; it is needed here");
    }
    if (!type.isInstance(value)) {
      throw new SpecException(
          source, "key '" + name + "' is not read as " + type.getSimpleName() + " but is " + value);
    }
    return value;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Properties && values.equals(((Properties) other).values);
  }

  @Override
  public int hashCode() {
    return values.hashCode();
  }

  @Override
  public String toString() {
    return values.toString();
  }
}
