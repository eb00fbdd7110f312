package dev.sampo.server.openai;

import dev.sampo.samplers.text.TokenSequence;
import dev.sampo.samplers.text.processor.LogitsProcessor;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Looks at the scores of each step, and says how probable the token was that was chosen. Belongs to one text; before temperature and filters. */
final class ProbWatch implements LogitsProcessor {
  private final int top;
  private float[] scores = new float[0];
  private int length;

  /**
   * A token and how probable it was.
   *
   * @param id of the token
   * @param logProb its log-probability
   * @param topIds the most probable ones at its place, best first
   * @param topLogProbs theirs
   */
  @SuppressWarnings("ArrayRecordComponent") // a plain carrier, never compared
  record TokenProb(int id, double logProb, int[] topIds, double[] topLogProbs) {}

  ProbWatch(int top) {
    this.top = top;
  }

  @Override
  public void process(TokenSequence ids, float[] all, int offset, int count) {
    if (scores.length < count) {
      scores = new float[count];
    }
    System.arraycopy(all, offset, scores, 0, count);
    length = count;
  }

  /** The token that was chosen by the scores that were seen last; null if there were none. */
  @Nullable TokenProb chosen(int id) {
    if (length == 0 || id < 0 || id >= length) {
      return null;
    }
    double max = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < length; i++) {
      max = Math.max(max, scores[i]);
    }
    double sum = 0;
    for (int i = 0; i < length; i++) {
      sum += Math.exp(scores[i] - max);
    }
    double norm = max + Math.log(sum);
    int[] best = best(Math.min(top, length));
    double[] logs = new double[best.length];
    for (int i = 0; i < best.length; i++) {
      logs[i] = finite(scores[best[i]] - norm);
    }
    return new TokenProb(id, finite(scores[id] - norm), best, logs);
  }

  /** JSON has no infinity; OpenAI says -9999 for what is next to impossible. */
  private static double finite(double logProb) {
    return logProb > -9999 ? logProb : -9999.0;
  }

  private int[] best(int count) {
    int[] best = new int[count];
    int filled = 0;
    for (int i = 0; i < length && count > 0; i++) {
      if (filled == count && !(scores[i] > scores[best[filled - 1]])) {
        continue;
      }
      int at = filled < count ? filled++ : filled - 1;
      while (at > 0 && scores[i] > scores[best[at - 1]]) {
        best[at] = best[at - 1];
        at--;
      }
      best[at] = i;
    }
    return Arrays.copyOf(best, filled);
  }
}
