package dev.sampo.samplers.diffusion.math;

import dev.sampo.samplers.diffusion.SampleShape;
import dev.sampo.samplers.diffusion.SchedulerConfig;
import dev.sampo.samplers.diffusion.SchedulerException;
import java.util.Arrays;

/**
 * What is done to a predicted x0 before it is used: nothing, clipping to a range, or dynamic thresholding (Saharia et al. 2022,
 * Imagen, arXiv:2205.11487, section 2.3): s is a quantile of |x0| of the sample, x0 is cut to [-s, s] and divided by s.
 */
public final class OriginalFilter {
  private final boolean thresholding;
  private final boolean clip;
  private final double range;
  private final double ratio;
  private final double maximum;
  private final int batch;
  private final float[] sorted;

  private OriginalFilter(Settings settings, SampleShape shape) {
    this.thresholding = settings.thresholding;
    this.clip = settings.clip && !settings.thresholding;
    this.range = settings.range;
    this.ratio = settings.ratio;
    this.maximum = settings.maximum;
    this.batch = shape.batch();
    this.sorted = new float[settings.thresholding ? shape.sampleLength() : 0];
  }

  /** Keys: {@code thresholding, dynamic_thresholding_ratio, sample_max_value} and, where asked for, clipping. */
  public record Settings(
      boolean thresholding, double ratio, double maximum, boolean clip, double range) {

    public static final Settings NONE = new Settings(false, 0, 0, false, 0);

    public static Settings thresholding(SchedulerConfig config) {
      double ratio = config.number("dynamic_thresholding_ratio", 0.995);
      if (!(ratio >= 0 && ratio <= 1)) {
        throw new SchedulerException(
            String.valueOf(config.className()),
            "dynamic_thresholding_ratio",
            "dynamic_thresholding_ratio is from 0 to 1, got " + ratio + ".");
      }
      return new Settings(
          config.flag("thresholding", false),
          ratio,
          config.number("sample_max_value", 1.0),
          false,
          1.0);
    }

    /** With {@code clip_sample} and {@code clip_sample_range}; thresholding wins where both are on. */
    public static Settings clipping(SchedulerConfig config, boolean clipByDefault) {
      Settings s = thresholding(config);
      return new Settings(
          s.thresholding,
          s.ratio,
          s.maximum,
          config.flag("clip_sample", clipByDefault),
          config.number("clip_sample_range", 1.0));
    }

    public OriginalFilter forShape(SampleShape shape) {
      return new OriginalFilter(this, shape);
    }
  }

  public void apply(float[] x0) {
    if (clip) {
      clip(x0);
    } else if (thresholding) {
      int n = sorted.length;
      for (int b = 0; b < batch; b++) {
        threshold(x0, b * n, n);
      }
    }
  }

  private void clip(float[] x0) {
    float r = (float) range;
    for (int j = 0; j < x0.length; j++) {
      x0[j] = Math.max(-r, Math.min(r, x0[j]));
    }
  }

  private void threshold(float[] x0, int from, int n) {
    for (int j = 0; j < n; j++) {
      sorted[j] = Math.abs(x0[from + j]);
    }
    Arrays.sort(sorted);
    double rank = (float) ratio * (float) (n - 1);
    int low = (int) rank;
    float quantile =
        low + 1 < n
            ? (float) (sorted[low] + (rank - low) * ((double) sorted[low + 1] - sorted[low]))
            : sorted[n - 1];
    // As torch.clamp: the upper bound wins if it is below the lower one.
    float s = (float) Math.min(Math.max(quantile, 1), maximum);
    for (int j = from; j < from + n; j++) {
      x0[j] = Math.max(-s, Math.min(s, x0[j])) / s;
    }
  }
}
