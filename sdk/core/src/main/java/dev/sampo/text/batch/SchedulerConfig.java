package dev.sampo.text.batch;

import dev.sampo.error.RequestException;

/**
 * How much a {@link GenerationScheduler} does at once.
 *
 * @param maxRows most sequences of one step
 * @param maxQueued most requests that wait; one more is refused with a {@link QueueFullException}
 * @param maxCacheBytes most bytes that keys and values of all rows may take at their longest; a request that needs more for itself alone is refused
 * @param prefillTokens most ids of prompts that are read between two steps: a smaller number keeps running rows steadier, a larger one reads prompts faster
 * @param prefixCacheBytes most bytes for what later prompts may begin with: beginnings that several had in common, and requests that ended, for the next turn
 *     of their conversation; 0 keeps none
 * @param exact whether a model whose rows change one another, as dynamic int8 does, gets one request at a time
 */
public record SchedulerConfig(
    int maxRows,
    int maxQueued,
    long maxCacheBytes,
    int prefillTokens,
    long prefixCacheBytes,
    boolean exact) {

  public SchedulerConfig {
    positive("maxRows", maxRows);
    positive("maxQueued", maxQueued);
    positive("maxCacheBytes", maxCacheBytes);
    positive("prefillTokens", prefillTokens);
    if (prefixCacheBytes < 0) {
      throw new RequestException(
          "prefixCacheBytes", "prefixCacheBytes is " + prefixCacheBytes + "; give 0 or more.");
    }
  }

  private static void positive(String name, long value) {
    if (value < 1) {
      throw new RequestException(name, name + " is " + value + "; give 1 or more.");
    }
  }

  /** 8 rows, 256 waiting, 1 GB of cache, 64 ids of prompts a step, 128 MB of common beginnings, not exact. */
  public static SchedulerConfig defaults() {
    return builder().build();
  }

  public static Builder builder() {
    return new Builder();
  }

  /** A builder that begins with this. */
  public Builder toBuilder() {
    return new Builder()
        .maxRows(maxRows)
        .maxQueued(maxQueued)
        .maxCacheBytes(maxCacheBytes)
        .prefillTokens(prefillTokens)
        .prefixCacheBytes(prefixCacheBytes)
        .exact(exact);
  }

  /** Collects settings. */
  public static final class Builder {
    private int maxRows = 8;
    private int maxQueued = 256;
    private long maxCacheBytes = 1L << 30;
    private int prefillTokens = 64;
    private long prefixCacheBytes = 128L << 20;
    private boolean exact;

    private Builder() {}

    /** Most sequences of one step. */
    public Builder maxRows(int value) {
      maxRows = value;
      return this;
    }

    /** Most requests that wait. */
    public Builder maxQueued(int value) {
      maxQueued = value;
      return this;
    }

    /** Most bytes of keys and values. */
    public Builder maxCacheBytes(long value) {
      maxCacheBytes = value;
      return this;
    }

    /** Most ids of prompts that are read between two steps. */
    public Builder prefillTokens(int value) {
      prefillTokens = value;
      return this;
    }

    /** Most bytes for what later prompts may begin with; 0 keeps none. */
    public Builder prefixCacheBytes(long value) {
      prefixCacheBytes = value;
      return this;
    }

    /** Whether requests never share a step where rows of the model change one another. */
    public Builder exact(boolean value) {
      exact = value;
      return this;
    }

    /**
     * The settings.
     *
     * @throws RequestException if a number is too small
     */
    public SchedulerConfig build() {
      return new SchedulerConfig(
          maxRows, maxQueued, maxCacheBytes, prefillTokens, prefixCacheBytes, exact);
    }
  }
}
