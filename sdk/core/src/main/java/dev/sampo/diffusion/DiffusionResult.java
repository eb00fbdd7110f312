package dev.sampo.diffusion;

import dev.sampo.Timings;
import dev.sampo.picture.PictureBatch;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a request gave.
 *
 * @param pictures in 0..1, one for each sample; none in what a cancelled request leaves
 * @param latents the samples at the end of the loop; pixels in the network's range for a model without latents
 * @param seed of the noise, asked for or drawn: the same request with it gives the same pictures. The first of several; 0 where the noise
 *     came from a source of the caller's
 * @param settings what the pictures can be made again with: prompt, seed, scheduler, steps, guidance and the like, for the text
 *     metadata of a PNG
 * @param state of a cancelled request: where to go on, for {@link DiffusionRequest.Builder#resume}; null where the work is done, or the
 *     noise came from a source of the caller's
 * @param timings where the time went; its steps are calls of the denoising loop
 */
public record DiffusionResult(
    PictureBatch pictures,
    PictureBatch latents,
    long seed,
    Map<String, String> settings,
    @Nullable DiffusionState state,
    Timings timings) {

  /** Copies the map. */
  public DiffusionResult {
    settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
  }
}
