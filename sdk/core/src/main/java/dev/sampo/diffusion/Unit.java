package dev.sampo.diffusion;

import dev.sampo.picture.PictureBatch;
import dev.sampo.specs.ImageFormat;

/** Samples to pictures in 0..1. */
final class Unit {
  private Unit() {}

  /** Samples in the model's range to 0..1, clamped; clamp(x / 2 + 0.5, 0, 1) for -1..1. */
  static PictureBatch of(PictureBatch samples, ValueRange range) {
    float[] values = samples.toArray();
    float scale = range.high() - range.low();
    float shift = -range.low() / scale;
    for (int j = 0; j < values.length; j++) {
      values[j] = Math.max(0f, Math.min(1f, values[j] / scale + shift));
    }
    int h = samples.heightPx();
    int w = samples.widthPx();
    ImageFormat format = new ImageFormat(samples.channels(), h, w, 0, 1);
    return PictureBatch.of(samples.count(), h, w, format, values);
  }
}
