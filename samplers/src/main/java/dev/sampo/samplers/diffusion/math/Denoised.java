package dev.sampo.samplers.diffusion.math;

import dev.sampo.samplers.diffusion.PredictionType;

/**
 * x0 of x = x0 + sigma eps as the sigma-space schedulers of diffusers work it out: in float32, each operation rounded. At the noise levels of 4,096 and 20,000
 * where zero-SNR and cosine schedules begin, the difference of x and x0 holds little but these roundings, and they are part of the picture.
 */
public final class Denoised {
  private final PredictionType type;
  private final float sigma;
  private final float square;
  private final float ofOutput;

  /** Weights at a noise level; the model saw x / sqrt(sigma^2 + 1). */
  public Denoised(PredictionType type, float sigma) {
    this.type = type;
    this.sigma = sigma;
    this.square = sigma * sigma + 1;
    this.ofOutput = -sigma / (float) Math.sqrt(square);
  }

  /** One for each of the levels. */
  public static Denoised[] at(PredictionType type, float[] sigmas) {
    Denoised[] all = new Denoised[sigmas.length];
    for (int i = 0; i < all.length; i++) {
      all[i] = new Denoised(type, sigmas[i]);
    }
    return all;
  }

  /** x0 of one element of the sample and of the model's answer. */
  public float of(float x, float m) {
    return switch (type) {
      case EPSILON -> x - sigma * m;
      case V -> m * ofOutput + x / square;
      default -> m;
    };
  }
}
