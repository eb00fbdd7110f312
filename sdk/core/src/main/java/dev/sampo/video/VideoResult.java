package dev.sampo.video;

import dev.sampo.Timings;
import dev.sampo.picture.PictureBatch;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a request gave.
 *
 * @param videos frames in 0..1, one batch a video; none in what a cancelled request leaves
 * @param latents the samples at the end of the loop, the frames of one video a batch
 * @param frameRate frames a second that the clip is meant for
 * @param seed of the noise, asked for or drawn; the first of several
 * @param settings what the videos can be made again with
 * @param state of a cancelled request: where to go on; null where the work is done
 * @param timings where the time went; its steps are steps of the denoising loop
 */
public record VideoResult(
    List<PictureBatch> videos,
    List<PictureBatch> latents,
    double frameRate,
    long seed,
    Map<String, String> settings,
    @Nullable VideoState state,
    Timings timings) {

  /** Copies the collections. */
  public VideoResult {
    videos = Collections.unmodifiableList(new ArrayList<>(videos));
    latents = Collections.unmodifiableList(new ArrayList<>(latents));
    settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
  }
}
