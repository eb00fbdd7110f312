package dev.sampo.internal;

import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** Seeds of requests that leave theirs out. */
public final class Seeds {
  private Seeds() {}

  /** The seed, or one drawn at random that fits PyTorch's generators and NumPy's: 0 to 2^32 - 1. */
  public static long orDrawn(@Nullable Long seed) {
    return seed != null ? seed : ThreadLocalRandom.current().nextLong(1L << 32);
  }
}
