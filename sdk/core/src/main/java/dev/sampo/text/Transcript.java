package dev.sampo.text;

import dev.sampo.Timings;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What was said in a sound.
 *
 * @param segments in order
 * @param text of all segments, without timestamps and special tokens; empty if the model has no tokenizer
 * @param seed of the draws; null if nothing was drawn by a seed
 * @param timings of all windows together; a step is one token
 */
public record Transcript(
    List<Segment> segments, String text, @Nullable Long seed, Timings timings) {
  public Transcript {
    segments = Collections.unmodifiableList(new ArrayList<>(segments));
  }

  /**
   * A piece of it.
   *
   * @param startSeconds from the beginning of the sound
   * @param endSeconds from the beginning of the sound
   * @param ids timestamps included, end token not
   * @param text without timestamps and special tokens; empty if the model has no tokenizer
   */
  public record Segment(double startSeconds, double endSeconds, List<Integer> ids, String text) {
    public Segment {
      ids = Collections.unmodifiableList(new ArrayList<>(ids));
    }
  }

  /** The ids of all segments joined, as transformers' {@code generate} returns them. */
  public int[] ids() {
    return segments.stream()
        .flatMap(segment -> segment.ids().stream())
        .mapToInt(Integer::intValue)
        .toArray();
  }
}
