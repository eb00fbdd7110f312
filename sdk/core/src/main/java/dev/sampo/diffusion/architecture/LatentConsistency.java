package dev.sampo.diffusion.architecture;

import dev.sampo.runtime.Shape;
import dev.sampo.samplers.diffusion.SchedulerConfig;
import java.util.List;

/**
 * A latent consistency model: Stable Diffusion or XL, distilled with the guidance scale as an input. Luo et al. 2023, arXiv:2310.04378.
 *
 * @param base what it was distilled from
 * @param width of the guidance's embedding
 * @param ownPipeline whether the folder names LatentConsistencyModelPipeline, which has defaults of its own
 */
public record LatentConsistency(Architecture base, int width, boolean ownPipeline)
    implements Architecture {
  @Override
  public double guidanceScale() {
    return ownPipeline ? 8.5 : base.guidanceScale();
  }

  @Override
  public int steps() {
    return ownPipeline ? 4 : base.steps();
  }

  @Override
  public boolean guidesItself() {
    return true;
  }

  @Override
  public SchedulerConfig scheduler(SchedulerConfig config) {
    return base.scheduler(config);
  }

  @Override
  public TextWish wish(TextOptions options) {
    return base.wish(options);
  }

  @Override
  public TextFeatures text(List<TextReading> readings) {
    return base.text(readings);
  }

  @Override
  public boolean isZeroWithoutNegative() {
    return base.isZeroWithoutNegative();
  }

  @Override
  public void bind(NetworkInputs inputs, Conditions c) {
    base.bind(inputs, c);
    inputs.bind(
        "timestep_cond",
        Shape.of(c.rows(), width),
        embedded(c.guidanceScale() - 1, c.rows(), width));
  }

  /** Sines and cosines of 1000 w; section 4.2. */
  private static float[] embedded(double w, int n, int size) {
    float[] out = new float[n * size];
    int half = size / 2;
    for (int k = 0; k < half; k++) {
      double angle = w * 1000 * Math.exp(-Math.log(10000.0) / (half - 1) * k);
      for (int b = 0; b < n; b++) {
        out[b * size + k] = (float) Math.sin(angle);
        out[b * size + half + k] = (float) Math.cos(angle);
      }
    }
    return out;
  }
}
