package dev.sampo.diffusion;

import dev.sampo.Model;
import dev.sampo.diffusion.architecture.TextOptions;
import dev.sampo.error.RequestException;
import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import dev.sampo.picture.Pixels;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.samplers.diffusion.SchedulerConfig;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * A diffusion model that makes pictures: from text, from a class, from another picture, from a picture with a mask, or from nothing.
 *
 * <p>Holds the graphs; thread-safe. Every {@link #generate} has its own buffers. Close it when done.
 */
public final class DiffusionPipeline implements Model {
  private final DiffusionModel model;

  private DiffusionPipeline(DiffusionModel model) {
    this.model = model;
  }

  /**
   * Opens a model folder in the layout of diffusers or Optimum.
   *
   * @throws dev.sampo.error.ModelException if the folder is no model or its graphs do not fit their spec
   * @throws RequestException if it is not a diffusion model
   */
  public static DiffusionPipeline open(Path folder) {
    return open(ModelFolder.open(folder), SessionConfig.defaults());
  }

  /** Opens a model with a configuration of its sessions, for instance on a GPU. */
  public static DiffusionPipeline open(ModelFolder folder, SessionConfig config) {
    return new DiffusionPipeline(DiffusionModel.open(folder, config));
  }

  @Override
  public String name() {
    return model.folder().name();
  }

  @Override
  public Family family() {
    return model.folder().family();
  }

  /** Makes pictures. See {@link #generate(DiffusionRequest, CancellationToken)}. */
  public DiffusionResult generate(DiffusionRequest request) {
    return generate(request, CancellationToken.none());
  }

  /**
   * Makes pictures.
   *
   * <p>Noise is drawn in the order of the Python pipelines: for a picture to start from its posterior, then the starting noise; for
   * inpainting the picture's posterior, the starting noise, the masked picture's posterior; then the scheduler's.
   *
   * @throws RequestException if the request does not go with the model
   * @throws dev.sampo.samplers.diffusion.SchedulerException if the scheduler cannot be made or the steps do not go with it
   * @throws dev.sampo.error.CancelledException if the token was cancelled
   */
  public DiffusionResult generate(DiffusionRequest request, CancellationToken token) {
    return new DiffusionJob(model, request, token).generate();
  }

  /**
   * Runs DDIM backwards: the noise from which the model would make the request's picture again. Song et al. 2020, arXiv:2010.02502,
   * section 4.3. Give it to a request as {@code initialNoise}, with the DDIM scheduler and the same prompt and steps.
   *
   * @param request with an image or image latents; no guidance unless it asks for it
   */
  public Latents invert(DiffusionRequest request, CancellationToken token) {
    return new DiffusionJob(model, request, token).invert();
  }

  /** Features of prompts, to be kept, mixed and given to requests. */
  public PromptFeatures encode(String... prompts) {
    return model
        .promptEncoder()
        .encode(
            Collections.singletonList(Arrays.asList(prompts)),
            false,
            new TextOptions(null),
            CancellationToken.none());
  }

  /** Pictures of latents, such as a step's preview. */
  public List<Pixels> decode(Latents latents) {
    return Pictures.of(model.decode(latents, 0, CancellationToken.none()), model.range());
  }

  /** The scheduler's configuration as the model's folder has it. */
  public SchedulerConfig schedulerConfig() {
    return model.schedulerConfig();
  }

  /** Names of classes that the model's card lists; empty if there are none. */
  public List<String> classNames() {
    return model.classNames();
  }

  /** Whether the model takes prompts. */
  public boolean takesText() {
    return model.takesText();
  }

  /** Whether the model takes classes. */
  public boolean takesClasses() {
    return model.takesClasses();
  }

  /** Pixels that width and height have to be a multiple of. */
  public int sizeMultiplePx() {
    return model.sizeMultiplePx();
  }

  /** Closes the graphs. Runs under way end with {@link dev.sampo.error.ClosedException}. */
  @Override
  public void close() {
    model.close();
  }
}
