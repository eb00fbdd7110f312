package dev.sampo.cli;

import dev.sampo.diffusion.DiffusionPipeline;
import dev.sampo.diffusion.DiffusionRequest;
import dev.sampo.diffusion.DiffusionResult;
import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import dev.sampo.picture.PictureBatch;
import dev.sampo.picture.Progress;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.sound.WaveNetPipeline;
import dev.sampo.sound.WaveNetRequest;
import dev.sampo.specs.ImageFormat;
import dev.sampo.text.GenerationRequest;
import dev.sampo.text.GenerationResult;
import dev.sampo.text.TextGenerator;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/**
 * What a model does when providers are compared: numbers that should agree, and work that is timed. Prompts, seeds and sizes are fixed and the
 * same as in {@code scripts/gpu-check-torch.py}, which times the same nets in PyTorch.
 */
final class ProviderWork {
  static final int PROMPT_TOKENS = 32;
  static final int NEW_TOKENS = 64;
  static final int COMPARED_TOKENS = 8;
  static final int PICTURES = 64;
  static final int DENOISED = 8;
  static final int STEPS = 25;
  static final int DRAWN = 2;
  static final int SOUNDS = 4;
  static final int SAMPLES = 400;
  private static final int CHECKED_SAMPLES = 64;
  private static final int SMALLEST_ID = 3;
  private static final int IDS = 50;

  /**
   * What came out.
   *
   * @param values logits, pictures, latents or scores, to be compared number by number
   * @param ids drawn tokens or samples, equal or not; a difference is told and is no failure, since two nearly equal scores may change places
   * @param speed units a second
   * @param unit such as {@code tokens}
   * @param half whether the net computes in 16-bit floats
   */
  @SuppressWarnings("ArrayRecordComponent") // a plain carrier, never compared
  record Outcome(float[] values, int[] ids, double speed, String unit, boolean half) {}

  private final Path path;
  private final SessionConfig config;
  private final int rounds;
  private final CancellationToken token;

  ProviderWork(Path path, SessionConfig config, int rounds, CancellationToken token) {
    this.path = path;
    this.config = config;
    this.rounds = rounds;
    this.token = token;
  }

  /** Whether models of a family can be compared here. */
  static boolean knows(Family family) {
    return switch (family) {
      case FORECAST, IMAGE_TO_IMAGE, ENCODER, CLIP, GRAPH -> false;
      default -> true;
    };
  }

  Outcome run() {
    ModelFolder folder = ModelFolder.open(path);
    Family family = folder.family();
    return switch (family) {
      case RNN_LM, ATTENTION_SEQ2SEQ, DECODER_ONLY, ENCODER_DECODER -> text(folder);
      case DIFFUSION_UNET, LATENT_DIFFUSION, DIFFUSION_TRANSFORMER -> diffusion(folder);
      case WAVENET -> sounds(folder);
      case PIXELCNN -> drawn();
      case AUTOENCODER -> encoded();
      case GAN, STYLEGAN, VAE -> pictures();
      default ->
          throw new CommandFailure(
              "models of family '" + family.label() + "' cannot be compared yet: " + path);
    };
  }

  // ---- families

  private Outcome text(ModelFolder folder) {
    try (TextGenerator generator = TextGenerator.open(folder, config)) {
      int[] prompt = new int[PROMPT_TOKENS];
      int most = Math.min(IDS, generator.vocabularySize() - SMALLEST_ID);
      Arrays.setAll(prompt, i -> SMALLEST_ID + i % most);
      GenerationResult compared =
          generator.generate(request(prompt, COMPARED_TOKENS, 1).config(logits()).build());
      float[] values = joined(compared.logits());
      List<Double> speeds = new ArrayList<>();
      int[] ids = compared.sequences()[0];
      for (int round = 0; round <= rounds; round++) {
        GenerationResult result = generator.generate(request(prompt, NEW_TOKENS, 1).build());
        ids = result.sequences()[0];
        if (round > 0) {
          speeds.add(result.tokenCount() * 1000.0 / result.timings().loopMillis());
        }
      }
      int[] beams = generator.generate(request(prompt, COMPARED_TOKENS, 4).build()).sequences()[0];
      return new Outcome(values, joined(ids, beams), median(speeds), "tokens", isHalf(folder));
    }
  }

  private GenerationRequest.Builder request(int[] prompt, int tokens, int beams) {
    return GenerationRequest.builder()
        .promptIds(prompt)
        .cancellation(token)
        .config(
            GenerationConfig.builder()
                .minNewTokens(tokens)
                .maxNewTokens(tokens)
                .numBeams(beams)
                .doSample(false)
                .build());
  }

  private static GenerationConfig logits() {
    return GenerationConfig.builder()
        .minNewTokens(COMPARED_TOKENS)
        .maxNewTokens(COMPARED_TOKENS)
        .outputLogits(true)
        .doSample(false)
        .build();
  }

  private Outcome diffusion(ModelFolder folder) {
    try (DiffusionPipeline pipeline = DiffusionPipeline.open(folder, config)) {
      DiffusionRequest.Builder request =
          DiffusionRequest.builder().seed(0).numInferenceSteps(STEPS);
      if (pipeline.takesText()) {
        request.prompt("a picture");
      } else {
        request.count(DENOISED);
      }
      if (pipeline.takesClasses()) {
        request.classLabel(0);
      }
      DiffusionRequest wanted = request.cancellation(token).build();
      List<Double> speeds = new ArrayList<>();
      DiffusionResult result = pipeline.generate(wanted);
      for (int round = 0; round < rounds; round++) {
        result = pipeline.generate(wanted);
        speeds.add(result.timings().stepsPerSecond());
      }
      float[] values = result.latents().toArray();
      return new Outcome(values, new int[0], median(speeds), "steps", isHalf(folder));
    }
  }

  private Outcome pictures() {
    try (LatentBackend backend = LatentBackend.open(path, config)) {
      LatentBackend.Draw draw = new LatentBackend.Draw(0, PICTURES, List.of(), null);
      return timed(
          () -> backend.sample(draw, Progress.NONE, token).toArray(), PICTURES, "pictures");
    }
  }

  private Outcome encoded() {
    try (LatentBackend backend = LatentBackend.open(path, config)) {
      PictureBatch batch = gradients(backend.image(), PICTURES);
      return timed(() -> joined(Arrays.asList(backend.encode(batch))), PICTURES, "pictures");
    }
  }

  /** Pictures are drawn pixel by pixel, so two runs may differ in a pixel and then everywhere; the scores of given ones may not. */
  private Outcome drawn() {
    try (LatentBackend backend = LatentBackend.open(path, config)) {
      LatentBackend.Draw draw = new LatentBackend.Draw(0, DRAWN, List.of(), null);
      Outcome drawn =
          timed(() -> backend.sample(draw, Progress.NONE, token).toArray(), DRAWN, "pictures");
      PictureBatch batch = gradients(backend.image(), DRAWN);
      List<Integer> labels = backend.classes().isEmpty() ? List.of() : List.of(0);
      double[] scores = backend.score(batch, labels, 0).values();
      float[] values = new float[scores.length];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) scores[i];
      }
      int[] levels = new int[drawn.values.length];
      for (int i = 0; i < levels.length; i++) {
        levels[i] = Math.round(255 * drawn.values[i]);
      }
      return new Outcome(values, levels, drawn.speed, drawn.unit, false);
    }
  }

  /** The likeliest sample every time; those of the first few are compared number by number, since near ties come up later. */
  private Outcome sounds(ModelFolder folder) {
    try (WaveNetPipeline pipeline = WaveNetPipeline.open(folder, config)) {
      WaveNetRequest request =
          WaveNetRequest.of(0, SOUNDS).withNumSamples(SAMPLES).withTemperature(0);
      List<float[]> sounds = new ArrayList<>();
      Outcome all =
          timed(
              () -> {
                sounds.clear();
                sounds.addAll(
                    Arrays.asList(pipeline.sample(request, Progress.NONE, token).samples()));
                return joined(sounds);
              },
              SOUNDS * SAMPLES,
              "samples");
      float[] first = new float[SOUNDS * CHECKED_SAMPLES];
      int[] levels = new int[all.values.length];
      for (int i = 0; i < SOUNDS; i++) {
        System.arraycopy(sounds.get(i), 0, first, i * CHECKED_SAMPLES, CHECKED_SAMPLES);
      }
      for (int i = 0; i < levels.length; i++) {
        levels[i] = Math.round(Short.MAX_VALUE * all.values[i]);
      }
      return new Outcome(first, levels, all.speed, all.unit, isHalf(folder));
    }
  }

  // ---- helpers

  private Outcome timed(Supplier<float[]> work, int units, String unit) {
    float[] values = work.get();
    List<Double> speeds = new ArrayList<>();
    for (int round = 0; round < rounds; round++) {
      long begin = System.nanoTime();
      values = work.get();
      speeds.add(units / ((System.nanoTime() - begin) / 1e9));
    }
    return new Outcome(values, new int[0], median(speeds), unit, isHalf(ModelFolder.open(path)));
  }

  /** Smooth pictures, each another, in the net's range. */
  private static PictureBatch gradients(ImageFormat format, int count) {
    int size = format.channels() * format.height() * format.width();
    float[] data = new float[count * size];
    for (int i = 0; i < data.length; i++) {
      double unit = 0.5 + 0.5 * Math.sin(0.05 * (i % size) + i / size);
      data[i] = (float) (format.low() + (format.high() - format.low()) * unit);
    }
    return PictureBatch.of(count, format.height(), format.width(), format, data);
  }

  /** Whether any graph gives 16-bit floats. */
  private static boolean isHalf(ModelFolder folder) {
    return folder.graphs().values().stream()
        .flatMap(graph -> graph.described().outputs().values().stream())
        .anyMatch(output -> output.type().endsWith("float16"));
  }

  private static float[] joined(List<float[]> parts) {
    float[] all = new float[parts.stream().mapToInt(p -> p.length).sum()];
    int at = 0;
    for (float[] part : parts) {
      System.arraycopy(part, 0, all, at, part.length);
      at += part.length;
    }
    return all;
  }

  private static int[] joined(int[] a, int[] b) {
    int[] both = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, both, a.length, b.length);
    return both;
  }

  private static double median(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(v -> v).sorted().toArray();
    int n = sorted.length;
    return n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
  }
}
