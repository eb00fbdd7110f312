package dev.sampo.text;

import dev.sampo.Timings;
import dev.sampo.tokenizer.chat.ChatMessage;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What one call generated. */
public final class GenerationResult {
  private final List<PromptResult> prompts;
  private final @Nullable Long seed;
  private final Timings timings;
  private final int[][] sequences;
  private final List<float[]> scores;
  private final List<float[]> logits;
  private final @Nullable ChatMessage message;

  GenerationResult(
      List<PromptResult> prompts,
      @Nullable Long seed,
      Timings timings,
      int[][] sequences,
      List<float[]> scores,
      List<float[]> logits,
      @Nullable ChatMessage message) {
    this.message = message;
    this.prompts = Collections.unmodifiableList(new ArrayList<>(prompts));
    this.seed = seed;
    this.timings = timings;
    this.sequences = sequences;
    this.scores = Collections.unmodifiableList(scores);
    this.logits = Collections.unmodifiableList(logits);
  }

  /** A result without scores, for a {@link TextGenerator} of one's own; {@link #sequences()} are the ids of all, as they are. */
  public static GenerationResult of(
      List<PromptResult> prompts, @Nullable Long seed, Timings timings) {
    List<int[]> rows = new ArrayList<>();
    for (PromptResult prompt : prompts) {
      for (GeneratedSequence sequence : prompt.sequences()) {
        rows.add(sequence.ids());
      }
    }
    return new GenerationResult(
        prompts,
        seed,
        timings,
        rows.toArray(new int[0][]),
        Collections.emptyList(),
        Collections.emptyList(),
        null);
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

  /** The first sequence as a message of the conversation that was asked, with the tool calls in it; an assistant's with the text otherwise. */
  public ChatMessage message() {
    return message == null ? ChatMessage.assistant(text()) : message;
  }

  /** The seed of the draws, null if nothing was drawn. With it the same call gives the same tokens. */
  public @Nullable Long seed() {
    return seed;
  }

  /** Where the time went; a step is one token of every row. */
  public Timings timings() {
    return timings;
  }

  /** The same with other timings: for what measures more than the generation, waiting in a queue for one. */
  public GenerationResult withTimings(Timings measured) {
    return new GenerationResult(prompts, seed, measured, sequences, scores, logits, message);
  }

  /** Tokens generated, all sequences together. */
  public int tokenCount() {
    int count = 0;
    for (PromptResult prompt : prompts) {
      for (GeneratedSequence sequence : prompt.sequences()) {
        count += sequence.ids().length;
      }
    }
    return count;
  }

  /** Tokens generated a second of reading the prompts and of the steps; 0 where there are none. */
  public double tokensPerSecond() {
    double millis = timings.prefillMillis() + timings.loopMillis();
    return millis > 0 ? tokenCount() * 1000.0 / millis : 0;
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
    return scores;
  }

  /** With {@code output_logits}: for each step the unprocessed scores of all rows, row after row. */
  public List<float[]> logits() {
    return logits;
  }
}
