package dev.sampo.samplers.diffusion.solver;

import dev.sampo.samplers.diffusion.PredictionType;
import dev.sampo.samplers.diffusion.SampleShape;
import dev.sampo.samplers.diffusion.math.LearnedVariance;
import dev.sampo.samplers.diffusion.math.Levels;
import dev.sampo.samplers.diffusion.math.Mix;
import dev.sampo.samplers.diffusion.math.OriginalFilter;

/** Turns the model's output into what a DPM solver integrates: x0 for the ++ kinds, eps for the others; thresholded on the way. */
final class DpmInput {
  private final DpmConfig c;
  private final Levels levels;
  private final OriginalFilter filter;
  private final LearnedVariance learned;

  DpmInput(DpmConfig c, Levels levels, SampleShape shape) {
    this.c = c;
    this.levels = levels;
    this.filter = c.filter().forShape(shape);
    this.learned = new LearnedVariance(shape, c.learnedVariance());
  }

  void convert(float[] x, float[] output, int i, float[] out) {
    double a = levels.alpha(i);
    double s = levels.sigma(i);
    if (c.algorithm().predictsOriginal()) {
      original(x, output, i, out);
    } else if (c.filter().thresholding()) {
      original(x, output, i, out);
      Mix.into(out, 1 / s, x, -a / s, out);
    } else {
      PredictionType p = c.prediction();
      Mix.into(out, p.noiseFromSample(a, s), x, p.noiseFromOutput(a, s), learned.mean(output));
    }
  }

  void original(float[] x, float[] output, int i, float[] out) {
    double a = levels.alpha(i);
    double s = levels.sigma(i);
    PredictionType p = c.prediction();
    Mix.into(out, p.originalFromSample(a, s), x, p.originalFromOutput(a, s), learned.mean(output));
    filter.apply(out);
  }
}
