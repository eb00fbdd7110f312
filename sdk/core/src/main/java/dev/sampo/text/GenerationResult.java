package dev.sampo.text;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What one call generated. */
public final class GenerationResult {
  private final List<PromptResult> prompts;
  private final @Nullable Long seed;
  private final Timing timing;
  private final int[][] sequences;
  private final List<float[]> scores;
  private final List<float[]> logits;

  GenerationResult(
      List<PromptResult> prompts,
      @Nullable Long seed,
      Timing timing,
      int[][] sequences,
      List<float[]> scores,
      List<float[]> logits) {
    this.prompts = Collections.unmodifiableList(new ArrayList<>(prompts));
    this.seed = seed;
    this.timing = timing;
    this.sequences = sequences;
    this.scores = scores;
    this.logits = logits;
  }

  /**
   * The sequences of one prompt.
   *
   * @param ids the prompt, without padding
   * @param sequences best first with beams
   */
  public record PromptResult(List<Integer> ids, List<GeneratedSequence> sequences) {
    public PromptResult {
      ids = Collections.unmodifiableList(new ArrayList<>(ids));
      sequences = Collections.unmodifiableList(new ArrayList<>(sequences));
    }
  }

  /**
   * How long it took.
   *
   * @param loadMillis loading the model, once
   * @param prefillMillis reading the prompts
   * @param decodeMillis everything after
   * @param tokenCount tokens generated, all sequences together
   */
  public record Timing(
      double loadMillis, double prefillMillis, double decodeMillis, int tokenCount) {
    /** Tokens a second, prompts not counted. */
    public double tokensPerSecond() {
      return tokenCount == 0 ? 0 : tokenCount / (prefillMillis + decodeMillis) * 1000;
    }
  }

  /** One result a prompt, in order. */
  public List<PromptResult> prompts() {
    return prompts;
  }

  /** The first sequence of the first prompt. */
  public GeneratedSequence sequence() {
    return prompts.get(0).sequences().get(0);
  }

  /** The text of {@link #sequence()}. */
  public String text() {
    return sequence().text();
  }

  /** The seed of the draws, null if nothing was drawn. With it the same call gives the same tokens. */
  public @Nullable Long seed() {
    return seed;
  }

  public Timing timing() {
    return timing;
  }

  /**
   * All sequences as transformers' {@code generate} returns them: for a decoder-only model with the padded prompt, for an encoder-decoder from
   * the start id on, filled to one length; {@code num_return_sequences} rows a prompt.
   */
  public int[][] sequences() {
    return sequences;
  }

  /** With {@code output_scores}: for each step the processed scores of all rows, row after row. */
  public List<float[]> scores() {
    return Collections.unmodifiableList(scores);
  }

  /** With {@code output_logits}: for each step the unprocessed scores of all rows, row after row. */
  public List<float[]> logits() {
    return Collections.unmodifiableList(logits);
  }
}
