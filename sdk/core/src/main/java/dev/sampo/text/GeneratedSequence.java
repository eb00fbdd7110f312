package dev.sampo.text;

import dev.sampo.samplers.text.stop.FinishReason;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One sequence that was generated. Compares by content. */
public final class GeneratedSequence {
  private final int[] ids;
  private final String text;
  private final @Nullable Double score;
  private final FinishReason finishReason;
  private final float @Nullable [] tokenLogProbs;
  private final int @Nullable [] beamIndices;
  private final float @Nullable [][] attention;

  GeneratedSequence(
      int[] ids,
      String text,
      @Nullable Double score,
      FinishReason finishReason,
      float @Nullable [] tokenLogProbs,
      int @Nullable [] beamIndices,
      float @Nullable [][] attention) {
    this.ids = ids.clone();
    this.text = text;
    this.score = score;
    this.finishReason = finishReason;
    this.tokenLogProbs = tokenLogProbs == null ? null : tokenLogProbs.clone();
    this.beamIndices = beamIndices == null ? null : beamIndices.clone();
    this.attention = attention;
  }

  /** A sequence without scores, for a {@link TextGenerator} of one's own. */
  public static GeneratedSequence of(int[] ids, String text, FinishReason finishReason) {
    return new GeneratedSequence(ids, text, null, finishReason, null, null, null);
  }

  /** What was generated, without prompt and padding; an end token is the last. */
  public int[] ids() {
    return ids.clone();
  }

  /**
   * The text of {@link #ids()} without special tokens and without the stop string that ended it (transformers leaves that in; the ids are as there);
   * empty if the model has no tokenizer.
   */
  public String text() {
    return text;
  }

  /** Beam search: sum of log-probabilities / length^length_penalty; otherwise null. */
  public @Nullable Double score() {
    return score;
  }

  /** Why it ended. */
  public FinishReason finishReason() {
    return finishReason;
  }

  /** Log-probability of each id by the unprocessed scores, if it was asked for; not with beams. */
  public float @Nullable [] tokenLogProbs() {
    return tokenLogProbs == null ? null : tokenLogProbs.clone();
  }

  /** Beam search: the row that each token extended; otherwise null. */
  public int @Nullable [] beamIndices() {
    return beamIndices == null ? null : beamIndices.clone();
  }

  /** Where the model looked at each token, {@code [ids][source length]}, if it was asked for and the model tells; not with beams. */
  public float @Nullable [][] attention() {
    return attention;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    if (!(other instanceof GeneratedSequence)) {
      return false;
    }
    GeneratedSequence that = (GeneratedSequence) other;
    return Arrays.equals(ids, that.ids)
        && text.equals(that.text)
        && Objects.equals(score, that.score)
        && finishReason == that.finishReason
        && Arrays.equals(tokenLogProbs, that.tokenLogProbs)
        && Arrays.equals(beamIndices, that.beamIndices)
        && Arrays.deepEquals(attention, that.attention);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(ids);
  }

  @Override
  public String toString() {
    return finishReason.label() + " " + Arrays.toString(ids) + " " + text;
  }
}
