package dev.sampo.picture;

import dev.sampo.error.RequestException;
import dev.sampo.internal.Sizes;
import dev.sampo.samplers.latent.TruncatedNormal;
import dev.sampo.samplers.random.NumpyRandomState;
import dev.sampo.samplers.random.TorchGenerator;
import dev.sampo.specs.LatentFormat;
import dev.sampo.specs.LatentFormat.Distribution;
import org.jspecify.annotations.Nullable;

/** Latents from a seed. */
final class Noise {
  private Noise() {}

  /**
   * {@code count} latents: {@code torch.randn(count, size)} (or {@code 2 torch.rand(count, size) - 1}) after {@code
   * torch.manual_seed(seed)}; with a truncation, BigGAN's {@code truncation * truncnorm.rvs(-2, 2, (count, size))} under {@code
   * RandomState(seed)}.
   */
  static float[][] latents(LatentFormat format, int count, long seed, @Nullable Double truncation) {
    float[] flat = new float[Sizes.elements("count", "Pictures", count, format.size())];
    if (truncation != null) {
      if (!(truncation > 0)) {
        throw new RequestException("truncation", "truncation is above 0, got " + truncation + ".");
      }
      if (format.distribution() != Distribution.NORMAL) {
        throw new RequestException(
            "truncation",
            "Truncation is for normal latents, these are " + format.distribution() + ".");
      }
      TruncatedNormal.bigGan(truncation).fill(flat, new NumpyRandomState(seed)::nextDouble);
    } else if (format.distribution() == Distribution.UNIFORM) {
      new TorchGenerator(seed).rand(flat);
      for (int i = 0; i < flat.length; i++) {
        flat[i] = 2 * flat[i] - 1;
      }
    } else {
      new TorchGenerator(seed).randn(flat);
    }
    return split(flat, format.size());
  }

  static float[][] split(float[] flat, int size) {
    float[][] rows = new float[flat.length / size][size];
    for (int i = 0; i < rows.length; i++) {
      System.arraycopy(flat, i * size, rows[i], 0, size);
    }
    return rows;
  }
}
