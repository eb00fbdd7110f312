package dev.sampo.diffusion.architecture;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.error.ModelException;
import dev.sampo.error.RequestException;
import dev.sampo.model.ModelFolder;
import dev.sampo.model.ModelGraph;
import dev.sampo.samplers.diffusion.RunOptions;
import dev.sampo.samplers.diffusion.SchedulerConfig;
import java.util.List;

/** What sets one kind of diffusion model apart from the others. Immutable, without graphs. */
public sealed interface Architecture
    permits PixelUnet,
        StableDiffusion,
        StableDiffusionXl,
        LatentConsistency,
        StableDiffusion3,
        Flux,
        PixArt,
        Dit {

  /**
   * The architecture of a folder, told by its graphs' inputs.
   *
   * @param network configuration of the denoising network
   * @throws ModelException if the folder is no diffusion model
   */
  static Architecture of(ModelFolder folder, JsonNode network) {
    return switch (folder.family()) {
      case DIFFUSION_UNET -> new PixelUnet();
      case LATENT_DIFFUSION -> ofUnet(folder, network);
      case DIFFUSION_TRANSFORMER -> ofTransformer(folder, network);
      default ->
          throw new ModelException(
              folder.root(),
              folder.root()
                  + " is a "
                  + folder.family().label()
                  + " model, not a diffusion model. DiffusionPipeline reads the layouts"
                  + " diffusion-unet, latent-diffusion and diffusion-transformer.");
    };
  }

  private static Architecture ofUnet(ModelFolder folder, JsonNode network) {
    ModelGraph unet = folder.graph("unet");
    boolean zeros =
        folder.config() == null
            || folder.config().path("force_zeros_for_empty_prompt").asBoolean(true);
    Architecture base =
        unet.hasInput("time_ids") ? new StableDiffusionXl(zeros) : new StableDiffusion();
    return unet.hasInput("timestep_cond")
        ? new LatentConsistency(
            base,
            network.path("time_cond_proj_dim").asInt(0),
            className(folder).startsWith("LatentConsistency"))
        : base;
  }

  private static Architecture ofTransformer(ModelFolder folder, JsonNode network) {
    ModelGraph t = folder.graph("transformer");
    if (t.hasInput("img_ids")) {
      return new Flux();
    }
    if (t.hasInput("pooled_projections")) {
      return new StableDiffusion3(network.path("joint_attention_dim").asInt(4096));
    }
    if (t.hasInput("encoder_hidden_states")) {
      return new PixArt(className(folder).startsWith("PixArtAlpha") ? 120 : 300);
    }
    return new Dit(network.path("num_embeds_ada_norm").asInt(1000));
  }

  private static String className(ModelFolder folder) {
    JsonNode config = folder.config();
    return config == null ? "" : config.path("_class_name").asText("");
  }

  /** Guidance scale of the Python pipeline. */
  double guidanceScale();

  /** Steps of the Python pipeline. */
  int steps();

  /** Positions of a side, where neither the graph nor its configuration says it. */
  default int defaultPositions() {
    return 64;
  }

  /** The folder's scheduler configuration as the pipeline changes it. */
  default SchedulerConfig scheduler(SchedulerConfig config) {
    return config;
  }

  /** So many steps, where the pipeline does not leave the spacing to its scheduler. */
  default RunOptions schedule(int steps) {
    return RunOptions.steps(steps);
  }

  /** Whether two by two positions of the sample make one token [batch, tokens, 4 channels]. */
  default boolean isPacked() {
    return false;
  }

  /** What the network's time is, for a scheduler's of 1000. */
  default double timeScale() {
    return 1.0;
  }

  /** Whether the network was trained with the guidance scale as an input, so that one prediction is enough. */
  default boolean guidesItself() {
    return false;
  }

  /** The class that stands for none, or -1 where the card has to say it. */
  default int nullClass() {
    return -1;
  }

  /** Positions of a T5 text encoder, where its graph leaves them open. */
  default int t5Length() {
    return 256;
  }

  /** A prompt as its pipeline changes it before the tokenizer. */
  default String prepared(String prompt) {
    return prompt;
  }

  /** What is wanted of each text encoder. */
  default TextWish wish(TextOptions options) {
    if (options.clipSkip() != null) {
      throw new RequestException(
          "clipSkip",
          "clipSkip is for Stable Diffusion's CLIP encoders; this model takes the last layer of"
              + " its own. Leave it out.");
    }
    return TextWish.LAST;
  }

  /**
   * Features of prompts.
   *
   * @param readings what each text encoder said, in the folder's order
   */
  default TextFeatures text(List<TextReading> readings) {
    TextReading r = readings.get(0);
    return new TextFeatures(r.length(), r.last(), new float[0], r.mask());
  }

  /** Whether no negative prompt means zeros in place of the empty text's features. */
  default boolean isZeroWithoutNegative() {
    return false;
  }

  /** Binds what the network takes beside sample, time, text and class. */
  default void bind(NetworkInputs inputs, Conditions conditions) {}
}
