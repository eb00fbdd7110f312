package dev.sampo.samplers.text;

import dev.sampo.samplers.random.TorchGenerator;

/**
 * Draws the tokens that {@code torch.multinomial} draws after {@code torch.manual_seed}: every position of the row gets an exponential number
 * q, and the largest p / q wins. Numbers of tokens that cannot win are passed over, not computed, so that after a top-k a draw costs little more
 * than moving the generator on.
 */
public final class TorchDraw implements TokenDraw {
  private final TorchGenerator generator;
  private final Nucleus nucleus = new Nucleus();
  private final Candidates candidates = new Candidates();
  private final TorchTopK topK = new TorchTopK();

  public TorchDraw(TorchGenerator generator) {
    this.generator = generator;
  }

  /** The stream after {@code torch.manual_seed(seed)}. */
  public TorchDraw(long seed) {
    this(new TorchGenerator(seed));
  }

  @Override
  public int draw(Candidates candidates, int vocabularySize) {
    float[] p = candidates.probabilities();
    int next = 0;
    int best = 0;
    float bestRatio = -1;
    for (int i = 0; i < candidates.count(); i++) {
      int id = candidates.id(i);
      if (p[i] == 0) {
        continue;
      }
      generator.skip(2L * (id - next));
      float ratio = p[i] / (float) generator.nextExponential();
      next = id + 1;
      if (ratio > bestRatio) {
        bestRatio = ratio;
        best = id;
      }
    }
    generator.skip(2L * (vocabularySize - next));
    return best;
  }

  @Override
  public int drawRow(float[] scores, int offset, int length, float temperature, double topP) {
    if (temperature != 1) {
      Rows.divide(scores, offset, length, temperature);
    }
    float max = Rows.max(scores, offset, length);
    if (max == Float.NEGATIVE_INFINITY) {
      return -1;
    }
    float bound = Float.NEGATIVE_INFINITY;
    if (topP < 1) {
      bound = nucleus.bound(scores, offset, length, max, topP);
      if (Float.isNaN(bound)) {
        candidates.load(scores, offset, length);
        new TopP(topP).filter(candidates);
        return draw(candidates, length);
      }
    }
    return race(scores, offset, length, max, bound);
  }

  /**
   * The largest p / q of the tokens with at least the score {@code bound}. As q = -log(1 - u) is at least u, a token whose p / u does not
   * reach the best so far is out without a logarithm, and p is approximate until it matters.
   */
  private int race(float[] scores, int offset, int length, float max, float bound) {
    float[] block = Rows.scratch().block;
    float[] exps = Rows.scratch().lanes;
    int best = 0;
    double bestRatio = -1;
    for (int start = 0; start < length; start += Rows.BLOCK) {
      int count = Math.min(Rows.BLOCK, length - start);
      System.arraycopy(scores, offset + start, block, 0, count);
      System.arraycopy(scores, offset + start, exps, 0, count);
      Rows.approximateExp(exps, count, max, 1);
      for (int j = 0; j < count; j++) {
        if (!(block[j] >= bound)) {
          generator.skip(2);
          continue;
        }
        double u = generator.nextUniform53();
        if (exps[j] * 1.0001 <= u * bestRatio) {
          continue;
        }
        float p = (float) Math.exp(block[j] - max);
        double ratio = (double) p / (float) -Math.log1p(-u);
        if (p > 0 && ratio > bestRatio) {
          bestRatio = ratio;
          best = start + j;
        }
      }
    }
    return best;
  }

  @Override
  public void pass(int vocabularySize) {
    generator.skip(2L * vocabularySize);
  }

  @Override
  public void drawSeveral(float[] scores, int offset, int length, int[] positions) {
    float[] ratios = new float[length];
    System.arraycopy(scores, offset, ratios, 0, length);
    Rows.softmax(ratios, 0, length);
    for (int i = 0; i < length; i++) {
      if (ratios[i] == 0) {
        generator.skip(2);
      } else {
        ratios[i] /= (float) generator.nextExponential();
      }
    }
    topK.find(ratios, 0, length, positions.length, positions);
  }
}
