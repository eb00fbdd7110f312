package dev.sampo.diffusion.staged;

import dev.sampo.picture.PictureBatch;
import dev.sampo.specs.ImageFormat;

/** Samples in -1..1 to pictures. */
final class Pictures {
  private Pictures() {}

  /** clamp(x / 2 + 0.5, 0, 1). */
  static PictureBatch unit(PictureBatch samples) {
    float[] x = samples.toArray();
    for (int j = 0; j < x.length; j++) {
      x[j] = Math.max(0f, Math.min(1f, x[j] / 2 + 0.5f));
    }
    int h = samples.heightPx();
    int w = samples.widthPx();
    ImageFormat unit = new ImageFormat(samples.channels(), h, w, 0, 1);
    return PictureBatch.of(samples.count(), h, w, unit, x);
  }
}
