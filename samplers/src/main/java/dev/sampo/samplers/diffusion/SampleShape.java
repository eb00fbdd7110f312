package dev.sampo.samplers.diffusion;

import dev.sampo.error.RequestException;

/**
 * The shape of a sample in row-major order: {@code batch} samples of {@code channels} channels of {@code area} elements. Noise
 * and schedules do not care about it; dynamic thresholding works by sample and learned variances come as further channels.
 *
 * @param batch number of samples
 * @param channels number of channels of a sample
 * @param area number of elements of a channel
 */
public record SampleShape(int batch, int channels, int area) {

  /** Checks that every size is positive. */
  public SampleShape {
    if (batch < 1 || channels < 1 || area < 1) {
      throw new RequestException(
          null,
          "A sample needs a positive batch, channel count and area, got ["
              + batch
              + ", "
              + channels
              + ", "
              + area
              + "].");
    }
  }

  /** A shape [batch, channels, further sizes...], as of a picture [batch, channels, height, width]. */
  public static SampleShape of(int batch, int channels, int... sizes) {
    int area = 1;
    for (int size : sizes) {
      area = Math.multiplyExact(area, size);
    }
    return new SampleShape(batch, channels, area);
  }

  /** Number of elements of one sample. */
  public int sampleLength() {
    return Math.multiplyExact(channels, area);
  }

  /** Number of elements of the batch. */
  public int length() {
    return Math.multiplyExact(batch, sampleLength());
  }
}
