package dev.sampo.specs;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One input or output of a graph.
 *
 * @param name its name; {@code {N}} stands for 0, 1, 2 and so on, without a gap
 * @param types element types that are allowed, the usual one first
 * @param shapes shapes that are allowed, the usual one first; a dimension is a number or a symbol
 * @param optional whether it may be missing
 * @param with name of the input or output that has to be there together with it, or null
 * @param description what it holds
 */
public record TensorSpec(
    String name,
    List<String> types,
    List<List<String>> shapes,
    boolean optional,
    @Nullable String with,
    String description) {

  static final String INDEX = "{N}";

  /** Copies the lists. */
  public TensorSpec {
    types = Collections.unmodifiableList(new ArrayList<>(types));
    List<List<String>> copies = new ArrayList<>();
    for (List<String> shape : shapes) {
      copies.add(Collections.unmodifiableList(new ArrayList<>(shape)));
    }
    shapes = Collections.unmodifiableList(copies);
  }

  /** Whether the name stands for several. */
  public boolean isRepeated() {
    return name.contains(INDEX);
  }

  /** The name with {@code index} in the place of {@code {N}}. */
  public String name(int index) {
    return name.replace(INDEX, String.valueOf(index));
  }

  /** The index of {@code actual} among the repeated names, 0 if it is the plain name, -1 if it is another name. */
  public int indexOf(String actual) {
    if (!isRepeated()) {
      return name.equals(actual) ? 0 : -1;
    }
    int at = name.indexOf(INDEX);
    String before = name.substring(0, at);
    String after = name.substring(at + INDEX.length());
    int end = actual.length() - after.length();
    if (end <= at || !actual.startsWith(before) || !actual.endsWith(after)) {
      return -1;
    }
    int index = 0;
    for (int i = at; i < end; i++) {
      char c = actual.charAt(i);
      if (c < '0' || c > '9' || index > 100_000) {
        return -1;
      }
      index = index * 10 + (c - '0');
    }
    return index;
  }
}
