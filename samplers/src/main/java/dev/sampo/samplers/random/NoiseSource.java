package dev.sampo.samplers.random;

import dev.sampo.error.RequestException;
import java.util.ArrayList;
import java.util.List;

/**
 * Something that draws standard normal noise. {@link TorchGenerator} is the usual one; a user's own stream, or noise read from a
 * file, is a lambda.
 */
@FunctionalInterface
public interface NoiseSource {

  /**
   * Fills {@code out[offset .. offset + count)} with independent draws of N(0, 1), as one call of {@code randn(count)}.
   *
   * @param out where the noise goes
   * @param offset first element written
   * @param count number of elements written
   */
  void randn(float[] out, int offset, int count);

  /** Fills the whole array, as one call of {@code randn(out.length)}. */
  default void randn(float[] out) {
    randn(out, 0, out.length);
  }

  /**
   * One source per sample of a batch: every draw is cut into as many equal parts as there are sources, and each source fills its
   * own, as diffusers does with a list of generators.
   *
   * @throws RequestException if the list is empty; at a draw whose length the number of sources does not divide
   */
  static NoiseSource perSample(List<? extends NoiseSource> sources) {
    if (sources.isEmpty()) {
      throw new RequestException("noise", "No noise source was given; give one for each sample.");
    }
    List<NoiseSource> all = new ArrayList<>(sources);
    return (out, offset, count) -> {
      int part = count / all.size();
      if (part * all.size() != count) {
        throw new RequestException(
            "noise",
            count
                + " noise values cannot be shared out over "
                + all.size()
                + " noise sources. Give one source for each sample of the batch.");
      }
      for (int i = 0; i < all.size(); i++) {
        all.get(i).randn(out, offset + i * part, part);
      }
    };
  }
}
