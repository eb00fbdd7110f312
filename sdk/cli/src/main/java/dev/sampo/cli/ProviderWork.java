package dev.sampo.cli;

import dev.sampo.Model;
import dev.sampo.Sampo;
import dev.sampo.diffusion.DiffusionPipeline;
import dev.sampo.diffusion.DiffusionRequest;
import dev.sampo.diffusion.DiffusionResult;
import dev.sampo.model.ModelFolder;
import dev.sampo.picture.AutoencoderPipeline;
import dev.sampo.picture.PictureBatch;
import dev.sampo.picture.PictureModel;
import dev.sampo.picture.PictureRequest;
import dev.sampo.picture.PixelCnnPipeline;
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

  /** Whether models of a kind can be compared here. */
  static boolean knows(ModelFolder folder) {
    Class<? extends Model> is = Sampo.familyOf(folder);
    return is == TextGenerator.class
        || is == DiffusionPipeline.class
        || is == WaveNetPipeline.class
        || PictureModel.class.isAssignableFrom(is);
  }

  Outcome run() {
    ModelFolder folder = ModelFolder.open(path);
    if (!knows(folder)) {
      throw new CommandFailure(
          "models of family '" + folder.family().label() + "' cannot be compared yet: " + path);
    }
    try (Model model = Sampo.open(folder, config)) {
      if (model instanceof TextGenerator text) {
        return text(text, folder);
      }
      if (model instanceof DiffusionPipeline diffusion) {
        return diffusion(diffusion, folder);
      }
      if (model instanceof WaveNetPipeline waveNet) {
        return sounds(waveNet, folder);
      }
      if (model instanceof PixelCnnPipeline pixels) {
        return drawn(pixels);
      }
      return model instanceof AutoencoderPipeline autoencoder
          ? encoded(autoencoder)
          : pictures((PictureModel) model);
    }
  }

  // ---- families

  private Outcome text(TextGenerator generator, ModelFolder folder) {
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

  private Outcome diffusion(DiffusionPipeline pipeline, ModelFolder folder) {
    DiffusionRequest.Builder request = DiffusionRequest.builder().seed(0).numInferenceSteps(STEPS);
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

  private PictureRequest drawing(int count) {
    return PictureRequest.builder().seed(0).count(count).cancellation(token).build();
  }

  private Outcome pictures(PictureModel model) {
    PictureRequest request = drawing(PICTURES);
    return timed(() -> model.sample(request).pictures().toArray(), PICTURES, "pictures");
  }

  private Outcome encoded(AutoencoderPipeline model) {
    PictureBatch batch = gradients(model.image(), PICTURES);
    return timed(() -> joined(Arrays.asList(model.encode(batch))), PICTURES, "pictures");
  }

  /** Pictures are drawn pixel by pixel, so two runs may differ in a pixel and then everywhere; the scores of given ones may not. */
  private Outcome drawn(PixelCnnPipeline model) {
    PictureRequest request = drawing(DRAWN);
    Outcome drawn = timed(() -> model.sample(request).pictures().toArray(), DRAWN, "pictures");
    PictureBatch batch = gradients(model.image(), DRAWN);
    List<Integer> labels = model.classes().isEmpty() ? List.of() : List.of(0);
    double[] scores = model.score(batch, labels, 0).values();
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

  /** The likeliest sample every time; those of the first few are compared number by number, since near ties come up later. */
  private Outcome sounds(WaveNetPipeline pipeline, ModelFolder folder) {
    WaveNetRequest request =
        WaveNetRequest.builder()
            .seed(0)
            .count(SOUNDS)
            .numSamples(SAMPLES)
            .temperature(0)
            .cancellation(token)
            .build();
    List<float[]> sounds = new ArrayList<>();
    Outcome all =
        timed(
            () -> {
              sounds.clear();
              sounds.addAll(Arrays.asList(pipeline.sample(request).samples()));
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
