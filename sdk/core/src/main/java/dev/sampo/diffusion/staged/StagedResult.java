package dev.sampo.diffusion.staged;

import dev.sampo.Timings;
import dev.sampo.picture.PictureBatch;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a request gave.
 *
 * @param pictures in 0..1; of a cancelled request none
 * @param stages what each stage ended with, not clamped: pixels of a cascade; embeddings [count, width, 1, 1] and latents of unCLIP
 * @param seed of the noise, asked for or drawn; the first of several
 * @param settings what the pictures can be made again with
 * @param timings where the time went; its steps are those of all stages
 */
public record StagedResult(
    PictureBatch pictures,
    List<PictureBatch> stages,
    long seed,
    Map<String, String> settings,
    Timings timings) {

  /** Copies the collections. */
  public StagedResult {
    stages = Collections.unmodifiableList(new ArrayList<>(stages));
    settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
  }
}
