package dev.sampo.samplers.text;

import java.util.SplittableRandom;

/**
 * Draws with one random number a token. The same seed gives the same tokens, but not those of PyTorch: {@link TorchDraw} does that, and pays
 * for one number a vocabulary entry.
 */
public final class FastDraw implements TokenDraw {
  private final SplittableRandom random;
  private double[] masses = new double[0];

  public FastDraw(long seed) {
    this.random = new SplittableRandom(seed);
  }

  @Override
  public int draw(Candidates candidates, int vocabularySize) {
    float max = candidates.maxScore();
    int count = candidates.count();
    double total = 0;
    for (int i = 0; i < count; i++) {
      total += Math.exp(candidates.score(i) - max);
    }
    double left = random.nextDouble() * total;
    int last = 0;
    for (int i = 0; i < count; i++) {
      double e = Math.exp(candidates.score(i) - max);
      left -= e;
      last = e > 0 ? i : last;
      if (left < 0) {
        return candidates.id(i);
      }
    }
    return candidates.id(last);
  }

  /**
   * Draws from the whole row, and again until the token is in the nucleus: it is if the tokens better than it have less than top-p of the mass. The
   * result is distributed as if the row had been sorted.
   */
  @Override
  public int drawRow(float[] scores, int offset, int length, float temperature, double topP) {
    float scale = 1 / temperature;
    float max = Rows.max(scores, offset, length);
    if (max == Float.NEGATIVE_INFINITY) {
      return -1;
    }
    double total = blockMasses(scores, offset, length, max, scale);
    while (true) {
      int id = pick(scores, offset, length, max, scale, random.nextDouble() * total);
      if (topP >= 1
          || scores[offset + id] == max
          || Rows.approximateMass(scores, offset, length, max, scale, scores[offset + id])
              < topP * total) {
        return id;
      }
    }
  }

  private double blockMasses(float[] scores, int offset, int length, float max, float scale) {
    int blocks = (length + Rows.BLOCK - 1) / Rows.BLOCK;
    if (masses.length < blocks) {
      masses = new double[blocks];
    }
    float[] block = Rows.scratch().block;
    double total = 0;
    for (int b = 0; b < blocks; b++) {
      int count = Math.min(Rows.BLOCK, length - b * Rows.BLOCK);
      System.arraycopy(scores, offset + b * Rows.BLOCK, block, 0, count);
      Rows.approximateExp(block, count, max, scale);
      masses[b] = Rows.sum(block, count);
      total += masses[b];
    }
    return total;
  }

  /** The token at which the running sum of masses passes {@code mass}. */
  private int pick(float[] scores, int offset, int length, float max, float scale, double mass) {
    double left = mass;
    int b = 0;
    while ((b + 1) * Rows.BLOCK < length && left >= masses[b]) {
      left -= masses[b++];
    }
    int start = b * Rows.BLOCK;
    int count = Math.min(Rows.BLOCK, length - start);
    float[] block = Rows.scratch().block;
    System.arraycopy(scores, offset + start, block, 0, count);
    Rows.approximateExp(block, count, max, scale);
    int last = 0;
    for (int j = 0; j < count; j++) {
      if (scores[offset + start + j] != Float.NEGATIVE_INFINITY) {
        last = j;
        left -= block[j];
        if (left < 0) {
          break;
        }
      }
    }
    return start + last;
  }

  @Override
  public void pass(int vocabularySize) {
    // Rows have their own numbers: one more or less changes nothing for the others.
  }

  @Override
  public void drawSeveral(float[] scores, int offset, int length, int[] positions) {
    float[] keys = new float[length];
    for (int i = 0; i < length; i++) {
      // The Gumbel trick: the largest of score - log(exponential) are a draw without replacement.
      float score = scores[offset + i];
      double exponential = -Math.log1p(-random.nextDouble());
      keys[i] = score == Float.NEGATIVE_INFINITY ? score : (float) (score - Math.log(exponential));
    }
    Rows.topK(keys, 0, length, positions.length, positions, new float[positions.length]);
  }
}
