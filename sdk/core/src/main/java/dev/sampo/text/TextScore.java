package dev.sampo.text;

import dev.sampo.runtime.CancellationToken;
import dev.sampo.samplers.text.draw.Rows;
import dev.sampo.text.decoding.TextModel;
import java.util.Arrays;

/** How probable a model finds a text. */
public final class TextScore {
  private final double[] tokenLogProbs;

  TextScore(double[] tokenLogProbs) {
    this.tokenLogProbs = tokenLogProbs;
  }

  /**
   * Scores ids.
   *
   * @param inputs the ids, or source and decoder ids
   * @param labels the ids that are scored, one for each decoder position
   */
  static TextScore of(TextModel model, int[][] inputs, int[] labels) {
    int[] mask = new int[inputs[0].length];
    Arrays.fill(mask, 1);
    int[] decoder = inputs[inputs.length - 1];
    float[] scores =
        model.scoreAll(
            new TextModel.Batch(new int[][] {inputs[0]}, new int[][] {mask}, new int[][] {decoder}),
            CancellationToken.none());
    int v = model.vocabularySize();
    double[] logProbs = new double[labels.length];
    for (int i = 0; i < labels.length; i++) {
      logProbs[i] = Rows.logProbability(scores, i * v, v, labels[i]);
    }
    return new TextScore(logProbs);
  }

  /** Natural logarithm of the probability of each scored id. */
  public double[] tokenLogProbs() {
    return tokenLogProbs.clone();
  }

  /** Their sum. */
  public double sum() {
    double sum = 0;
    for (double value : tokenLogProbs) {
      sum += value;
    }
    return sum;
  }

  /** Mean negative log-likelihood a token, natural logarithm. */
  public double meanNll() {
    return -sum() / tokenLogProbs.length;
  }

  /** exp of {@link #meanNll()}. */
  public double perplexity() {
    return Math.exp(meanNll());
  }

  /** {@link #meanNll()} in bits: for a character model, bits per character. */
  public double bitsPerToken() {
    return meanNll() / Math.log(2);
  }

  @Override
  public String toString() {
    return "perplexity " + perplexity();
  }
}
