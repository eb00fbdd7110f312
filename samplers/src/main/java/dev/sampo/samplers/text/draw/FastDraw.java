package dev.sampo.samplers.text.draw;

import java.util.SplittableRandom;

/**
 * Draws with one random number a token. The same seed gives the same tokens, but not those of PyTorch: {@link TorchDraw} does that, and pays
 * for one number a vocabulary entry.
 */
public final class FastDraw implements TokenDraw {
  private final SplittableRandom random;
  private final Masses masses = new Masses();

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
    float max = Rows.checkedMax(scores, offset, length);
    if (max == Float.NEGATIVE_INFINITY) {
      return -1;
    }
    masses.load(scores, offset, length, max, 1 / temperature, topP < 1);
    while (true) {
      int id = masses.pick(scores, offset, random.nextDouble() * masses.total());
      if (scores[offset + id] == Float.NEGATIVE_INFINITY) {
        continue; // its mass is not quite 0
      }
      if (topP >= 1 || scores[offset + id] == max || masses.above(id) < topP * masses.total()) {
        return id;
      }
    }
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
