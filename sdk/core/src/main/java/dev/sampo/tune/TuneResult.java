package dev.sampo.tune;

import dev.sampo.Timings;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Tunes that were written.
 *
 * @param abc each tune as a file of its own
 * @param seed of the draws, asked for or drawn: the same request with it gives the same tunes
 * @param timings where the time went; its steps are signs
 */
public record TuneResult(List<String> abc, long seed, Timings timings) {
  /** Copies the list. */
  public TuneResult {
    abc = Collections.unmodifiableList(new ArrayList<>(abc));
  }

  /**
   * A tune, read.
   *
   * @throws dev.sampo.error.RequestException when it was written without grammar and is no tune
   */
  public Tune tune(int index) {
    return Tune.parse(abc.get(index));
  }
}
