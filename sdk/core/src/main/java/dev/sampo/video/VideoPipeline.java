package dev.sampo.video;

import dev.sampo.Model;
import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.samplers.diffusion.SchedulerConfig;
import java.nio.file.Path;
import java.util.List;

/**
 * A diffusion model that makes videos from text, or in pixel space of a class. Holds the graphs; thread-safe: every {@link #generate} has its own buffers.
 *
 * <p>Memory: the decoder takes a whole clip at once unless the request names tiles ({@link VideoRequest.Builder#tilePx}), which bound it in
 * width and height.
 */
public non-sealed interface VideoPipeline extends Model {

  /**
   * Opens a folder in the layout of diffusers' WanPipeline or LTXPipeline, or one with a UNet over clips.
   *
   * @throws dev.sampo.error.ModelException if the folder is no such model or its graphs do not fit their spec
   */
  static VideoPipeline open(Path folder) {
    return open(folder, SessionConfig.defaults());
  }

  /** Opens a model with a configuration of its sessions, for instance on a GPU. */
  static VideoPipeline open(Path folder, SessionConfig config) {
    return open(ModelFolder.open(folder), config);
  }

  /** Opens a model whose folder was looked at before. */
  static VideoPipeline open(ModelFolder folder, SessionConfig config) {
    return folder.family() == Family.VIDEO_UNET
        ? PixelVideoPipeline.open(folder, config)
        : GraphVideoPipeline.open(folder, config);
  }

  /**
   * Makes videos. Noise is drawn as diffusers draws it: the start in five dimensions, then the scheduler's, then LTX's noise of decoding.
   *
   * @throws dev.sampo.error.RequestException if the request does not go with the model: it names the option
   * @throws dev.sampo.error.CancelledException when cancelled; its partial is a {@link VideoResult} with the latents so far, no videos, and
   *     the {@link VideoResult#state()} to go on from
   */
  VideoResult generate(VideoRequest request);

  /** The scheduler's configuration as the model's folder has it. */
  SchedulerConfig schedulerConfig();

  /** Whether requests carry a prompt; otherwise they may name classes. */
  boolean takesText();

  /** Names of classes that the model's card lists; empty if there are none. */
  List<String> classes();

  /** Pixels that width and height have to be a multiple of. */
  int sizeMultiplePx();

  /** Frames of a video beyond the first one come in groups of so many. */
  int frameMultiple();
}
