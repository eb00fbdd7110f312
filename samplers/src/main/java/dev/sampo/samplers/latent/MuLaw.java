package dev.sampo.samplers.latent;

import dev.sampo.error.RequestException;

/**
 * Mu-law companding of sound to a few levels (ITU-T G.711; van den Oord et al. 2016, WaveNet, arXiv:1609.03499, section 2.2),
 * with torchaudio's rounding.
 *
 * @param levels how many; 256 in the paper
 */
public record MuLaw(int levels) {
  /** 256 levels. */
  public static final MuLaw DEFAULT = new MuLaw(256);

  public MuLaw {
    if (levels < 2) {
      throw new RequestException(null, "There are at least 2 levels, got " + levels + ".");
    }
  }

  /** The level 0..levels-1 of a sample in -1..1; samples outside are clamped. */
  public int encode(double sample) {
    double mu = levels - 1;
    double x = Math.min(1, Math.max(-1, sample));
    double y = Math.signum(x) * Math.log1p(mu * Math.abs(x)) / Math.log1p(mu);
    return (int) ((y + 1) / 2 * mu + 0.5);
  }

  /**
   * The sample of a level.
   *
   * @throws RequestException when there is no such level
   */
  public float decode(int level) {
    if (level < 0 || level >= levels) {
      throw new RequestException(
          null, "There are levels 0.." + (levels - 1) + ", got " + level + ".");
    }
    double mu = levels - 1;
    double y = level / mu * 2 - 1;
    return (float) (Math.signum(y) * Math.expm1(Math.abs(y) * Math.log1p(mu)) / mu);
  }

  /** {@link #encode(double)} of every sample. */
  public int[] encode(float[] samples) {
    int[] out = new int[samples.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = encode(samples[i]);
    }
    return out;
  }

  /** {@link #decode(int)} of every level. */
  public float[] decode(int[] levels) {
    float[] out = new float[levels.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = decode(levels[i]);
    }
    return out;
  }
}
