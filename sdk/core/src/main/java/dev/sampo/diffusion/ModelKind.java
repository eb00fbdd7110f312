package dev.sampo.diffusion;

import dev.sampo.error.RequestException;
import dev.sampo.model.ModelFolder;

/** Kinds of diffusion models, told apart by their graphs. */
enum ModelKind {
  /** In pixel space, without text; perhaps with classes. */
  PIXEL(1.0, 50),
  /** Stable Diffusion 1.x and 2.x and what follows their layout. */
  STABLE_DIFFUSION(7.5, 50),
  /** Two text encoders, sizes as a condition. */
  STABLE_DIFFUSION_XL(5.0, 50),
  /** A Transformer with joint text positions, as a flow. */
  STABLE_DIFFUSION_3(7.0, 28),
  /** A Transformer over packed patches with built-in guidance. */
  FLUX(3.5, 28),
  /** A Transformer with class labels. */
  DIT(4.0, 50),
  /** A Transformer with one text encoder. */
  TEXT_TRANSFORMER(4.5, 20);

  private final double guidanceScale;
  private final int steps;

  ModelKind(double guidanceScale, int steps) {
    this.guidanceScale = guidanceScale;
    this.steps = steps;
  }

  /** What the Python pipelines take unless told otherwise. */
  double guidanceScale() {
    return guidanceScale;
  }

  int steps() {
    return steps;
  }

  static ModelKind of(ModelFolder folder) {
    return switch (folder.family()) {
      case DIFFUSION_UNET -> PIXEL;
      case LATENT_DIFFUSION ->
          folder.graph("unet").hasInput("time_ids") ? STABLE_DIFFUSION_XL : STABLE_DIFFUSION;
      case DIFFUSION_TRANSFORMER -> {
        var t = folder.graph("transformer");
        if (t.hasInput("img_ids")) {
          yield FLUX;
        }
        if (t.hasInput("pooled_projections")) {
          yield STABLE_DIFFUSION_3;
        }
        yield t.hasInput("encoder_hidden_states") ? TEXT_TRANSFORMER : DIT;
      }
      default ->
          throw new RequestException(
              null,
              folder.root()
                  + " is a "
                  + folder.family().label()
                  + " model, not a diffusion model. DiffusionPipeline reads the layouts"
                  + " diffusion-unet, latent-diffusion and diffusion-transformer.");
    };
  }
}
