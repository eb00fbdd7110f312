package dev.sampo.samplers.text.processor;

/** A set of token ids that is cleared in constant time. */
final class SeenTokens {
  private int[] stamps = new int[0];
  private int stamp;

  void clear(int vocabularySize) {
    if (stamps.length < vocabularySize) {
      stamps = new int[vocabularySize];
      stamp = 0;
    }
    if (++stamp == Integer.MAX_VALUE) {
      java.util.Arrays.fill(stamps, 0);
      stamp = 1;
    }
  }

  /** True if the id was not there yet. */
  boolean add(int id) {
    boolean fresh = stamps[id] != stamp;
    stamps[id] = stamp;
    return fresh;
  }
}
