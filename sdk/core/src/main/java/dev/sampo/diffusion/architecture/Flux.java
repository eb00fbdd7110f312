package dev.sampo.diffusion.architecture;

import dev.sampo.runtime.Shape;
import dev.sampo.samplers.diffusion.RunOptions;
import java.util.List;

/**
 * Flux: a Transformer over packed patches with the guidance scale as an input, trained as a flow; text by a T5 encoder, and CLIP's vector.
 * Black Forest Labs 2024 (no paper; github.com/black-forest-labs/flux); flows as Esser et al. 2024, arXiv:2403.03206.
 */
public record Flux() implements Architecture {
  @Override
  public double guidanceScale() {
    return 3.5;
  }

  @Override
  public int steps() {
    return 28;
  }

  @Override
  public int defaultPositions() {
    return 128;
  }

  @Override
  public boolean isPacked() {
    return true;
  }

  /** Time is counted in 0..1. */
  @Override
  public double timeScale() {
    return 1.0 / 1000;
  }

  @Override
  public boolean guidesItself() {
    return true;
  }

  @Override
  public int t5Length() {
    return 512;
  }

  /** Noise levels from 1 to 1/n, evenly. */
  @Override
  public RunOptions schedule(int steps) {
    double[] even = new double[steps];
    for (int i = 0; i < steps; i++) {
      even[i] = steps == 1 ? 1 : 1 + i * ((1.0 / steps - 1) / (steps - 1));
    }
    return RunOptions.sigmas(even);
  }

  @Override
  public TextFeatures text(List<TextReading> r) {
    TextReading t5 = r.get(1);
    return new TextFeatures(t5.length(), t5.last(), r.get(0).pooled(), t5.mask());
  }

  @Override
  public void bind(NetworkInputs inputs, Conditions c) {
    Conditions.bindRows(inputs, "guidance", c.rows(), c.guidanceScale());
    inputs.bind("txt_ids", Shape.of(c.textLength(), 3), new long[3 * c.textLength()]);
    int across = c.width() / 2;
    float[] places = new float[3 * (c.height() / 2) * across];
    for (int y = 0; y < c.height() / 2; y++) {
      for (int x = 0; x < across; x++) {
        places[3 * (y * across + x) + 1] = y;
        places[3 * (y * across + x) + 2] = x;
      }
    }
    inputs.bind("img_ids", Shape.of(places.length / 3, 3), places);
  }
}
