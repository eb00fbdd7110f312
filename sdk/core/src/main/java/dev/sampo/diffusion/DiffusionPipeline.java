package dev.sampo.diffusion;

import dev.sampo.Model;
import dev.sampo.model.ModelFolder;
import dev.sampo.picture.PictureBatch;
import dev.sampo.picture.Pixels;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.samplers.diffusion.SchedulerConfig;
import java.nio.file.Path;
import java.util.List;

/**
 * A diffusion model that makes pictures: from text, from a class, from another picture, from a picture with a mask, or from nothing.
 *
 * <p>Holds the graphs; thread-safe. Every {@link #generate} has its own buffers. Close it when done.
 */
public non-sealed interface DiffusionPipeline extends Model {

  /**
   * Opens a model folder in the layout of diffusers or Optimum.
   *
   * @throws dev.sampo.error.ModelException if the folder is no diffusion model or its graphs do not fit their spec
   */
  static DiffusionPipeline open(Path folder) {
    return open(folder, SessionConfig.defaults());
  }

  /** Opens a model with a configuration of its sessions, for instance on a GPU. */
  static DiffusionPipeline open(Path folder, SessionConfig config) {
    return open(ModelFolder.open(folder), config);
  }

  /** Opens a model whose folder was looked at before, for instance with a variant of its graphs. */
  static DiffusionPipeline open(ModelFolder folder, SessionConfig config) {
    return GraphDiffusionPipeline.open(folder, config);
  }

  /**
   * Makes pictures.
   *
   * <p>Noise is drawn in the order of the Python pipelines: for a picture to start from its posterior, then the starting noise; for
   * inpainting the picture's posterior, the starting noise, the masked picture's posterior; then the scheduler's.
   *
   * @throws dev.sampo.error.RequestException if the request does not go with the model: it names the option
   * @throws dev.sampo.samplers.diffusion.SchedulerException if the scheduler cannot be made or the steps do not go with it
   * @throws dev.sampo.error.CancelledException when cancelled; its partial is a {@link DiffusionResult} with the latents so far, no
   *     pictures, and the {@link DiffusionResult#state()} to go on from
   */
  DiffusionResult generate(DiffusionRequest request);

  /**
   * Runs DDIM backwards: the noise from which the model would make the request's picture again. Song et al. 2020, arXiv:2010.02502,
   * section 4.3. Give it to a request as {@code initialNoise}, with the DDIM scheduler and the same prompt and steps.
   *
   * @param request with an image or image latents; no guidance unless it asks for it
   */
  PictureBatch invert(DiffusionRequest request);

  /** Features of prompts, to be kept, mixed and given to requests. */
  PromptFeatures encode(String... prompts);

  /** Pictures of latents, such as a step's preview. */
  List<Pixels> decode(PictureBatch latents);

  /** The scheduler's configuration as the model's folder has it, changed as its pipeline does. */
  SchedulerConfig schedulerConfig();

  /** Names of classes that the model's card lists; empty if there are none. */
  List<String> classes();

  /** Whether the model takes prompts. */
  boolean takesText();

  /** Whether the model takes classes. */
  boolean takesClasses();

  /** Pixels that width and height have to be a multiple of. */
  int sizeMultiplePx();
}
