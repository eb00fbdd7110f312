package dev.sampo.samplers.internal;

/** Argument checks with messages that name the setting. */
public final class Checks {
  private Checks() {}

  public static void positive(String name, double value) {
    if (!(value > 0)) {
      throw new IllegalArgumentException(name + " must be greater than 0 (got " + value + ").");
    }
  }

  public static void positive(String name, long value) {
    if (value <= 0) {
      throw new IllegalArgumentException(name + " must be greater than 0 (got " + value + ").");
    }
  }

  public static void notNegative(String name, long value) {
    if (value < 0) {
      throw new IllegalArgumentException(name + " must not be negative (got " + value + ").");
    }
  }

  public static void between(String name, double value, double low, double high) {
    if (!(value >= low && value <= high)) {
      throw new IllegalArgumentException(
          name + " must be from " + low + " to " + high + " (got " + value + ").");
    }
  }

  public static void open(String name, double value, double low, double high) {
    if (!(value > low && value < high)) {
      throw new IllegalArgumentException(
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
      throw new IllegalArgumentException("minTokensToKeep must be at least 1 (got " + value + ").");
    }
  }

  public static int[] tokenIds(String name, int[] ids) {
    for (int id : ids) {
      notNegative("A token id of " + name, id);
    }
    return ids.clone();
  }
}
