package dev.sampo.video;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.internal.DenoiserCall;
import dev.sampo.internal.PromptReader.Reading;
import dev.sampo.runtime.Shape;
import dev.sampo.samplers.diffusion.RunOptions;
import dev.sampo.samplers.diffusion.Scheduler;
import java.nio.file.Path;

/**
 * LTX-Video: a Transformer over tokens [batch, tokens, channels] that is told their places, T5 text with a mask, flow matching whose shift
 * follows the number of tokens. HaCohen et al. 2024, arXiv:2501.00103.
 *
 * @param spatial pixels of a latent position
 * @param temporal frames of a latent frame
 */
record Ltx(int spatial, int temporal) implements VideoArchitecture {
  static Ltx of(JsonNode vae, Path root) {
    return new Ltx(
        VideoArchitecture.integer(vae, root, "spatial_compression_ratio", 32),
        VideoArchitecture.integer(vae, root, "temporal_compression_ratio", 8));
  }

  @Override
  public int defaultHeightPx() {
    return 512;
  }

  @Override
  public int defaultWidthPx() {
    return 704;
  }

  @Override
  public int defaultFrames() {
    return 161;
  }

  @Override
  public double guidanceScale() {
    return 3.0;
  }

  @Override
  public int textLength() {
    return 128;
  }

  @Override
  public int patch() {
    return 1;
  }

  @Override
  public int frames(int asked) {
    return (asked - 1) / temporal * temporal + 1;
  }

  @Override
  public String prepared(String prompt) {
    return prompt;
  }

  @Override
  public Reading features(Reading reading) {
    return reading;
  }

  /** Noise levels from 1 to 1/n, evenly. */
  @Override
  public RunOptions schedule(int steps, Scheduler scheduler, int tokens) {
    double[] even = new double[steps];
    for (int i = 0; i < steps; i++) {
      even[i] = steps == 1 ? 1 : 1 + i * ((1.0 / steps - 1) / (steps - 1));
    }
    return VideoArchitecture.shifted(RunOptions.sigmas(even), scheduler, tokens);
  }

  /** Channels last: tokens go by frame, row, column. */
  @Override
  public float[] packed(float[] x, VideoShape s) {
    float[] out = new float[x.length];
    for (int b = 0; b < s.batch(); b++) {
      for (int c = 0; c < s.channels(); c++) {
        for (int p = 0; p < s.area(); p++) {
          out[(b * s.area() + p) * s.channels() + c] = x[(b * s.channels() + c) * s.area() + p];
        }
      }
    }
    return out;
  }

  @Override
  public float[] unpacked(float[] x, VideoShape s) {
    float[] out = new float[x.length];
    for (int b = 0; b < s.batch(); b++) {
      for (int c = 0; c < s.channels(); c++) {
        for (int p = 0; p < s.area(); p++) {
          out[(b * s.channels() + c) * s.area() + p] = x[(b * s.area() + p) * s.channels() + c];
        }
      }
    }
    return out;
  }

  @Override
  public Shape inputShape(int rows, VideoShape shape) {
    return Shape.of(rows, shape.area(), shape.channels());
  }

  @Override
  public boolean guidesInOneCall() {
    return true;
  }

  @Override
  public void bind(DenoiserCall call, Reading text, VideoShape s, double frameRate) {
    call.bind("encoder_attention_mask", Shape.of(text.batch(), text.length()), text.mask());
    call.bind("num_frames", Shape.scalar(), new long[] {s.frames()});
    call.bind("height", Shape.scalar(), new long[] {s.height()});
    call.bind("width", Shape.scalar(), new long[] {s.width()});
    float[] places = {(float) (temporal / frameRate), spatial, spatial};
    call.bind("rope_interpolation_scale", Shape.of(3), places);
  }
}
