package dev.sampo.diffusion;

import dev.sampo.picture.Pixels;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a request gave.
 *
 * @param pictures 8-bit pictures, one for each sample
 * @param values the same pictures as floats in 0..1, [batch, channels, height, width]
 * @param latents the samples at the end of the loop; pixels in -1..1 for a model without latents
 * @param settings what the pictures can be made again with: prompt, seed, scheduler, steps, guidance and the like, for the text
 *     metadata of a PNG
 * @param timings where the time went
 */
public record DiffusionResult(
    List<Pixels> pictures,
    Latents values,
    Latents latents,
    Map<String, String> settings,
    Timings timings) {

  /** Copies the collections. */
  public DiffusionResult {
    pictures = Collections.unmodifiableList(new ArrayList<>(pictures));
    settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
  }

  /**
   * Where the time went, in nanoseconds.
   *
   * @param loopNanos the whole denoising loop
   * @param modelNanos of it, inside ONNX Runtime's {@code run}
   * @param totalNanos everything: text, loop and decoding
   * @param modelCalls calls of the denoising model
   */
  public record Timings(long loopNanos, long modelNanos, long totalNanos, int modelCalls) {}
}
