package dev.sampo.cli;

import dev.sampo.Model;
import dev.sampo.Sampo;
import dev.sampo.Timings;
import dev.sampo.diffusion.DiffusionPipeline;
import dev.sampo.diffusion.DiffusionRequest;
import dev.sampo.picture.PictureModel;
import dev.sampo.picture.PictureRequest;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.text.GenerationRequest;
import dev.sampo.text.TextGenerator;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What {@code sampo bench} measures of a model that is open. */
final class BenchFigures {
  private static final int NEW_TOKENS = 24;
  private static final int PICTURES = 16;
  private static final int STEPS = 10;

  private BenchFigures() {}

  /** Reads a prompt of a length and goes on from there: {@code prompt_ms}, {@code token_ms} (the median of the steps). */
  static Map<String, Double> context(TextGenerator generator, int length, CancellationToken token) {
    int[] ids = new int[length];
    Arrays.setAll(ids, i -> 3 + i % Math.min(200, Math.max(1, generator.vocabularySize() - 3)));
    long[] times = new long[NEW_TOKENS + 1];
    int[] count = {0};
    GenerationConfig config =
        GenerationConfig.builder()
            .doSample(false)
            .numBeams(1)
            .minNewTokens(NEW_TOKENS)
            .maxNewTokens(NEW_TOKENS)
            .build();
    Timings timings =
        generator
            .generate(
                GenerationRequest.builder()
                    .promptIds(ids)
                    .config(config)
                    .cancellation(token)
                    .progress(step -> times[Math.min(NEW_TOKENS, count[0]++)] = System.nanoTime())
                    .build())
            .timings();
    double[] steps = new double[NEW_TOKENS - 1];
    for (int i = 0; i < steps.length; i++) {
      steps[i] = (times[i + 1] - times[i]) / 1e6;
    }
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put("prompt_ms", timings.prefillMillis());
    figures.put("token_ms", median(steps));
    return figures;
  }

  /** One picture, or ten steps of one. */
  static Map<String, Double> pictures(Model model, CancellationToken token) {
    Map<String, Double> figures = new LinkedHashMap<>();
    if (model instanceof DiffusionPipeline pipeline) {
      DiffusionRequest.Builder request =
          DiffusionRequest.builder().seed(0).numInferenceSteps(STEPS).cancellation(token);
      if (pipeline.takesText()) {
        request.prompt("a picture");
      }
      if (pipeline.takesClasses()) {
        request.classLabel(0);
      }
      figures.put("step_ms", pipeline.generate(request.build()).timings().loopMillis() / STEPS);
      return figures;
    }
    if (model instanceof PictureModel sampler) {
      PictureRequest request =
          PictureRequest.builder().seed(0).count(PICTURES).cancellation(token).build();
      figures.put("picture_ms", sampler.sample(request).timings().totalMillis() / PICTURES);
      return figures;
    }
    throw new CommandFailure(
        model.name()
            + " is a model of family '"
            + model.family().label()
            + "', which is not measured.");
  }

  /** Opens a model. */
  static Model open(Path path, CommonOptions common) {
    return Sampo.open(common.open(path), common.sessionConfig());
  }

  static double median(List<Double> values) {
    return median(values.stream().mapToDouble(Double::doubleValue).toArray());
  }

  static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int n = sorted.length;
    return n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
  }

  /** The most memory that this process has held, as the kernel counts it; elsewhere what the JVM holds now. */
  static long peakBytes() {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/self/status"), StandardCharsets.UTF_8)) {
        if (line.startsWith("VmHWM:")) {
          return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
        }
      }
    } catch (IOException e) {
      return Runtime.getRuntime().totalMemory();
    }
    return Runtime.getRuntime().totalMemory();
  }
}
