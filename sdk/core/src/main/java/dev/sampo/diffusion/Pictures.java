package dev.sampo.diffusion;

import dev.sampo.picture.Pixels;
import java.util.ArrayList;
import java.util.List;

/** Samples to pictures. */
final class Pictures {
  private Pictures() {}

  /** Samples in the model's range to 0..1, clamped; clamp(x / 2 + 0.5, 0, 1) for -1..1. */
  static Latents toUnit(Latents samples, ValueRange range) {
    float[] values = samples.values();
    float scale = range.high() - range.low();
    float shift = -range.low() / scale;
    for (int j = 0; j < values.length; j++) {
      values[j] = Math.max(0f, Math.min(1f, values[j] / scale + shift));
    }
    return new Latents(
        samples.batch(), samples.channels(), samples.height(), samples.width(), values);
  }

  static List<Pixels> ofUnit(Latents unit) {
    List<Pixels> pictures = new ArrayList<>();
    float[] values = unit.values();
    for (int b = 0; b < unit.batch(); b++) {
      pictures.add(Pixels.fromNchw(values, b, unit.channels(), unit.height(), unit.width(), 0, 1));
    }
    return pictures;
  }

  static List<Pixels> of(Latents samples, ValueRange range) {
    return ofUnit(toUnit(samples, range));
  }
}
