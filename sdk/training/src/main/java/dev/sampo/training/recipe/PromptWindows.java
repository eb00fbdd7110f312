package dev.sampo.training.recipe;

import dev.sampo.error.SampoException;
import dev.sampo.tokenizer.Tokenizer;
import dev.sampo.training.data.Texts;
import dev.sampo.training.graph.Batch;
import dev.sampo.training.loss.Terms;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Prompts with the texts that should follow them, one pair a window: the loss counts the answer's tokens only. Windows
 * are filled up behind the answer, which a causal model never sees.
 */
final class PromptWindows {
  private static final Logger LOG = LoggerFactory.getLogger(PromptWindows.class);
  private final List<int[]> tokens = new ArrayList<>();
  private final List<Integer> promptLengths = new ArrayList<>();
  private final int time;

  PromptWindows(int time) {
    this.time = time;
  }

  /**
   * Reads the pairs of the options' two columns.
   *
   * @param end the token that ends a text, which each answer is followed by; null if the model has none
   * @throws SampoException if no answer has a token inside the window
   */
  static PromptWindows of(
      RecipeOptions options, Tokenizer tokenizer, int time, @Nullable Integer end)
      throws IOException {
    PromptWindows result = new PromptWindows(time);
    int tooLong = 0;
    for (Texts.Pair pair : Texts.pairs(options.data(), options.columns())) {
      int[] prompt = tokenizer.encodeToIds(pair.source());
      int[] answer = tokenizer.encodeToIds(pair.target(), false);
      tooLong += result.add(prompt, end == null ? answer : ended(answer, end)) ? 0 : 1;
    }
    if (tooLong > 0) {
      LOG.warn(
          "{} prompts leave no room for an answer in {} tokens and are left out", tooLong, time);
    }
    if (result.size() == 0) {
      throw new SampoException(
          options.data()
              + " has no pair whose prompt and answer fit into "
              + time
              + " tokens. Give a greater length.");
    }
    return result;
  }

  /** Without it a tuned model would not know where to stop. */
  private static int[] ended(int[] answer, int end) {
    if (answer.length == 0 || answer[answer.length - 1] == end) {
      return answer;
    }
    int[] result = Arrays.copyOf(answer, answer.length + 1);
    result[answer.length] = end;
    return result;
  }

  /** Whether the pair was taken: at least one token of the answer is inside the window. */
  boolean add(int[] prompt, int[] answer) {
    if (prompt.length == 0 || prompt.length > time || answer.length == 0) {
      return false;
    }
    int[] all = Arrays.copyOf(prompt, Math.min(prompt.length + answer.length, time + 1));
    System.arraycopy(answer, 0, all, prompt.length, all.length - prompt.length);
    tokens.add(all);
    promptLengths.add(prompt.length);
    return true;
  }

  int size() {
    return tokens.size();
  }

  Batch batch(int[] which) {
    long[] in = new long[which.length * time];
    long[] next = new long[which.length * time];
    Arrays.fill(next, Terms.IGNORE_INDEX);
    for (int b = 0; b < which.length; b++) {
      int[] all = tokens.get(which[b]);
      for (int t = 0; t < Math.min(all.length, time); t++) {
        in[b * time + t] = all[t];
        if (t + 1 < all.length && t + 1 >= promptLengths.get(which[b])) {
          next[b * time + t] = all[t + 1];
        }
      }
    }
    return new Batch()
        .longs("input_ids", in, which.length, time)
        .longs("labels", next, which.length, time);
  }
}
