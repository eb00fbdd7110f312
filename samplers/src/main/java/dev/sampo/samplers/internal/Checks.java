package dev.sampo.samplers.internal;

import dev.sampo.error.RequestException;
import org.jspecify.annotations.Nullable;

/** Argument checks with messages that name the setting. */
public final class Checks {
  private Checks() {}

  public static void positive(String name, double value) {
    if (!(value > 0)) {
      throw fault(name, name + " must be greater than 0 (got " + value + ").");
    }
  }

  public static void positive(String name, long value) {
    if (value <= 0) {
      throw fault(name, name + " must be greater than 0 (got " + value + ").");
    }
  }

  public static void notNegative(String name, long value) {
    if (value < 0) {
      throw fault(name, name + " must not be negative (got " + value + ").");
    }
  }

  public static void between(String name, double value, double low, double high) {
    if (!(value >= low && value <= high)) {
      throw fault(name, name + " must be from " + low + " to " + high + " (got " + value + ").");
    }
  }

  public static void open(String name, double value, double low, double high) {
    if (!(value > low && value < high)) {
      throw fault(
          name,
          name
              + " must be between "
              + low
              + " and "
              + high
              + ", both excluded (got "
              + value
              + ").");
    }
  }

  public static void minTokensToKeep(int value) {
    if (value < 1) {
      throw fault("minTokensToKeep", "minTokensToKeep must be at least 1 (got " + value + ").");
    }
  }

  public static int[] tokenIds(String name, int[] ids) {
    for (int id : ids) {
      notNegative("A token id of " + name, id);
    }
    return ids.clone();
  }

  /** A setting as a builder spells it: {@code topK} of {@code top_k}; null of what is no single name. */
  public static @Nullable String option(String name) {
    if (name.indexOf(' ') >= 0) {
      return null;
    }
    StringBuilder option = new StringBuilder();
    for (char c : name.toCharArray()) {
      int end = option.length() - 1;
      if (end >= 0 && option.charAt(end) == '_') {
        option.setCharAt(end, Character.toUpperCase(c));
      } else {
        option.append(c);
      }
    }
    return option.toString();
  }

  private static RequestException fault(String name, String message) {
    return new RequestException(option(name), message);
  }
}
