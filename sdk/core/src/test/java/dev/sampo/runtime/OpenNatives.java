package dev.sampo.runtime;

/** Counts tensors, runs and graphs that nobody has closed. */
public final class OpenNatives {
  private OpenNatives() {}

  /** How many there are in this process. */
  public static int count() {
    return Leaks.open();
  }
}
