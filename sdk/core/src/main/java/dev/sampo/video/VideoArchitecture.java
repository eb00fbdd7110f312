package dev.sampo.video;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.internal.DenoiserCall;
import dev.sampo.internal.PromptReader.Reading;
import dev.sampo.internal.Sizes;
import dev.sampo.runtime.Shape;
import dev.sampo.samplers.diffusion.RunOptions;
import dev.sampo.samplers.diffusion.Scheduler;
import dev.sampo.samplers.diffusion.solver.FlowMatchEulerDiscreteScheduler;
import java.nio.file.Path;

/** What sets one kind of video model apart. Immutable, without graphs. */
sealed interface VideoArchitecture permits Wan, Ltx {
  int defaultHeightPx();

  int defaultWidthPx();

  int defaultFrames();

  double guidanceScale();

  int textLength();

  /** Pixels of a latent position in each direction. */
  int spatial();

  /** Frames of a latent frame. */
  int temporal();

  /** Latent positions that a token takes in each direction. */
  int patch();

  /** Frames that are made where so many are asked for. */
  int frames(int asked);

  /** A prompt as its pipeline changes it before the tokenizer. */
  String prepared(String prompt);

  /** Features as the Transformer wants them. */
  Reading features(Reading reading);

  /** The steps. */
  RunOptions schedule(int steps, Scheduler scheduler, int tokens);

  /** From [batch, channels, frames, height, width] as drawn to the Transformer's own layout. */
  float[] packed(float[] x, VideoShape shape);

  /** The way back. */
  float[] unpacked(float[] x, VideoShape shape);

  /** The Transformer's input for so many rows. */
  Shape inputShape(int rows, VideoShape shape);

  /** Whether both halves of guidance go into one call. */
  boolean guidesInOneCall();

  /** Binds what the Transformer takes beside sample, time and text. */
  void bind(DenoiserCall call, Reading text, VideoShape shape, double frameRate);

  /** A factor between pixels or frames and their latents. */
  static int integer(JsonNode vae, Path root, String key, int fallback) {
    return Sizes.stated(vae, root.resolve("vae_decoder/config.json"), key, fallback, 256);
  }

  /** Mu of flow matching with dynamic shifting. */
  static RunOptions shifted(RunOptions options, Scheduler scheduler, int tokens) {
    return scheduler instanceof FlowMatchEulerDiscreteScheduler flow && flow.needsMu()
        ? options.withMu(flow.mu(tokens))
        : options;
  }
}
