package dev.sampo.samplers.text;

/** Argument checks with messages that name the setting. */
final class Checks {
  private Checks() {}

  static void positive(String name, double value) {
    if (!(value > 0)) {
      throw new IllegalArgumentException(name + " must be greater than 0 (got " + value + ").");
    }
  }

  static void positive(String name, long value) {
    if (value <= 0) {
      throw new IllegalArgumentException(name + " must be greater than 0 (got " + value + ").");
    }
  }

  static void notNegative(String name, long value) {
    if (value < 0) {
      throw new IllegalArgumentException(name + " must not be negative (got " + value + ").");
    }
  }

  static void between(String name, double value, double low, double high) {
    if (!(value >= low && value <= high)) {
      throw new IllegalArgumentException(
          name + " must be from " + low + " to " + high + " (got " + value + ").");
    }
  }

  static void open(String name, double value, double low, double high) {
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

  static void minTokensToKeep(int value) {
    if (value < 1) {
      throw new IllegalArgumentException("minTokensToKeep must be at least 1 (got " + value + ").");
    }
  }

  static int[] tokenIds(String name, int[] ids) {
    for (int id : ids) {
      notNegative("A token id of " + name, id);
    }
    return ids.clone();
  }
}
