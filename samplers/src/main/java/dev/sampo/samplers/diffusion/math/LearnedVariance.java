package dev.sampo.samplers.diffusion.math;

import dev.sampo.error.RequestException;
import dev.sampo.samplers.diffusion.SampleShape;

/** Takes the model's output apart where it holds twice as many channels: first the prediction, then the variance. */
public final class LearnedVariance {
  private final SampleShape shape;
  private final float[] mean;
  private final float[] variance;

  public LearnedVariance(SampleShape shape, boolean learned) {
    this.shape = shape;
    this.mean = new float[learned ? shape.length() : 0];
    this.variance = new float[learned ? shape.length() : 0];
  }

  /** The prediction: the output itself, or the first half of each sample's channels. */
  public float[] mean(float[] output) {
    if (output.length == shape.length()) {
      return output;
    }
    if (mean.length == 0) {
      throw new RequestException(
          null,
          "The model's output has "
              + output.length
              + " elements, twice the sample's "
              + shape.length()
              + ", but the scheduler's variance_type is not 'learned' or 'learned_range'.");
    }
    int n = shape.sampleLength();
    for (int b = 0; b < shape.batch(); b++) {
      System.arraycopy(output, 2 * b * n, mean, b * n, n);
      System.arraycopy(output, (2 * b + 1) * n, variance, b * n, n);
    }
    return mean;
  }

  /** The second half, of the output that {@link #mean} saw last. */
  public float[] variance(float[] output) {
    if (output.length == shape.length()) {
      throw new RequestException(
          null,
          "variance_type is learned, but the model's output has no variance: "
              + output.length
              + " elements, wanted "
              + 2 * output.length
              + ".");
    }
    return variance;
  }
}
