package dev.sampo.samplers.text.draw;

import dev.sampo.samplers.internal.TorchTopK;
import dev.sampo.samplers.random.TorchGenerator;

/**
 * Draws the tokens that {@code torch.multinomial} draws after {@code torch.manual_seed}: every position of the row gets an exponential number
 * q, and the largest p / q wins. Numbers of tokens that cannot win are passed over, not computed, so that after a top-k a draw costs little more
 * than moving the generator on.
 */
public final class TorchDraw implements TokenDraw {
  private static final double LONGEST = 30;
  private static final double NEARLY = 1 - 1e-6;

  /** What a share of the mass may be off, several times over. */
  private static final double SHARE_ERROR = 5e-5;

  /** What a single mass may be off. */
  private static final double MASS_SLACK = 1.01;

  private final TorchGenerator generator;

  /** The stream before the row, to go back to. */
  private final TorchGenerator rowStart = new TorchGenerator(0);

  private final Masses masses = new Masses();
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

  /**
   * Draws first from the whole row: if that token is in the nucleus, it is what the nucleus alone would have given. Where tokens kept and drawn depend on
   * the roundings of float32, the row is sorted and drawn from as the reference does it.
   */
  @Override
  public int drawRow(float[] scores, int offset, int length, float temperature, double topP) {
    float max = Rows.checkedMax(scores, offset, length);
    if (max == Float.NEGATIVE_INFINITY) {
      return -1;
    }
    rowStart.copyFrom(generator);
    masses.load(scores, offset, length, max, 1 / temperature, true);
    double total = masses.total();
    if (temperature != 1) {
      Rows.divide(scores, offset, length, temperature);
      max /= temperature;
    }
    int id = race(scores, offset, length, max, total, Float.NEGATIVE_INFINITY, 0);
    if (id >= 0 && topP < 1) {
      // Kept beyond doubt if it and all that are worse have clearly more mass than top-p drops.
      double upTo = masses.below(id) + masses.values()[id];
      if (!(upTo > (1 - topP + SHARE_ERROR) * total)) {
        id = -1;
        if (nucleus.find(scores, offset, length, max, topP)) {
          generator.copyFrom(rowStart);
          id = race(scores, offset, length, max, topP * total, nucleus.bound(), nucleus.firstTie());
        }
      }
    }
    return id >= 0 ? id : drawSorted(scores, offset, length, topP);
  }

  private int drawSorted(float[] scores, int offset, int length, double topP) {
    generator.copyFrom(rowStart);
    candidates.load(scores, offset, length);
    if (topP < 1) {
      candidates.keepNucleus(topP, 1);
    }
    return draw(candidates, length);
  }

  /**
   * The largest p / q of the tokens with a score above {@code bound}, or at it from position {@code firstTie} on; -1 if that cannot be said.
   *
   * <p>The largest of all p / q is distributed as mass / q: it is below a 30th of the mass once in e^30 draws. And q = -log(1 - u) is at least u. So only
   * tokens with u below 30 p / mass need a closer look, about 30 of them.
   */
  private int race(
      float[] scores, int offset, int length, float max, double mass, float bound, int firstTie) {
    double least = mass / LONGEST;
    int best = -1;
    double bestRatio = least;
    boolean close = false;
    for (int i = 0; i < length; i++) {
      i += generator.skipUniforms53(masses.values(), i, length, (float) (MASS_SLACK / least));
      if (i == length) {
        break;
      }
      double u = generator.nextUniform53();
      float score = scores[offset + i];
      if (score < bound || score == bound && i < firstTie) {
        continue;
      }
      float p = (float) Math.exp(score - max);
      double ratio = p / -Math.log1p(-u);
      if (p == 0 || ratio < bestRatio * NEARLY) {
        continue;
      }
      // Ratios so near to each other are compared as the reference rounds them, not here.
      close = ratio * NEARLY <= bestRatio;
      if (ratio > bestRatio) {
        bestRatio = ratio;
        best = i;
      }
    }
    return close ? -1 : best;
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
