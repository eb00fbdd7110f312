package dev.sampo.samplers.text;

import dev.sampo.samplers.random.TorchGenerator;

/**
 * Draws the tokens that {@code torch.multinomial} draws after {@code torch.manual_seed}: every position of the row gets an exponential number
 * q, and the largest p / q wins. Numbers of tokens that cannot win are passed over, not computed, so that after a top-k a draw costs little more
 * than moving the generator on.
 */
public final class TorchDraw implements TokenDraw {
  private final TorchGenerator generator;

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
    Rows.topK(ratios, 0, length, positions.length, positions, new float[positions.length]);
  }
}
