package dev.sampo.internal;

import dev.sampo.error.SampoException;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.samplers.diffusion.DiffusionRun;

/** The loop of every diffusion pipeline beyond pictures: scale, ask, step, tell. */
public final class Denoising {
  private Denoising() {}

  /** The model's answer for a scaled sample; the array may be used again by the next call. */
  @FunctionalInterface
  public interface Predictor {
    float[] predict(float[] input, double timestep);
  }

  /** Told after each step. */
  @FunctionalInterface
  public interface Listener {
    void after(double timestep, float[] original);
  }

  /**
   * Walks to the end of a run.
   *
   * @param x the sample, replaced by the result
   * @param what the model and the scheduler, for messages
   */
  public static void walk(
      DiffusionRun run,
      float[] x,
      Predictor predictor,
      Listener listener,
      CancellationToken token,
      String what) {
    float[] input = new float[x.length];
    float[] original = new float[x.length];
    while (!run.isDone()) {
      token.throwIfCancelled();
      double t = run.timestep();
      run.scaleInput(x, input);
      run.step(x, predictor.predict(input, t), original);
      requireNumbers(x, run.index(), run.schedule().callCount(), t, what);
      listener.after(t, original);
    }
  }

  /** A sample that is no number stays none: said at once, with the step, and not as a black picture. */
  public static void requireNumbers(float[] x, int step, int steps, double t, String what) {
    for (float value : x) {
      if (Float.isNaN(value) || Float.isInfinite(value)) {
        throw new SampoException(
            "Step "
                + step
                + " of "
                + steps
                + " (timestep "
                + t
                + ") of "
                + what
                + " gave "
                + value
                + ". The scheduler's settings do not go with the model (zero terminal SNR wants"
                + " v-prediction and timestep_spacing trailing), or a half-precision graph"
                + " overflows: use another --scheduler or a float32 graph.");
      }
    }
  }

  /**
   * Classifier-free guidance, Ho and Salimans 2022, arXiv:2207.12598, eq. 6, into {@code out}: m0 + s (m1 - m0). Of {@code width} channels
   * a sample the first {@code guided} are guided, the rest (variances) are the prompt's own.
   */
  public static void guide(
      float[] plain,
      int p,
      float[] prompt,
      int q,
      float[] out,
      int samples,
      int width,
      int guided,
      double scale) {
    float s = (float) scale;
    for (int b = 0; b < samples; b++) {
      int at = b * width;
      for (int j = at; j < at + guided; j++) {
        out[j] = plain[p + j] + s * (prompt[q + j] - plain[p + j]);
      }
      System.arraycopy(prompt, q + at + guided, out, at + guided, width - guided);
    }
  }

  /** The first {@code kept} of {@code width} values of each sample. */
  public static float[] firstOf(float[] values, int samples, int width, int kept) {
    if (width == kept) {
      return values;
    }
    float[] out = new float[samples * kept];
    for (int b = 0; b < samples; b++) {
      System.arraycopy(values, b * width, out, b * kept, kept);
    }
    return out;
  }
}
