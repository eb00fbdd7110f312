package dev.sampo.samplers.diffusion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.samplers.diffusion.solver.Schedulers;
import dev.sampo.samplers.random.Golden;
import dev.sampo.samplers.random.NoiseSource;
import dev.sampo.samplers.random.TorchGenerator;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Every trajectory of the golden folder {@code schedulers}: schedule, noise, first step and every sample on the way. */
class SchedulerGoldenTest {
  private static final double TRAJECTORY_BOUND = 1e-4;
  private static final double SIGMA_BOUND = 1e-6;
  private static final double NORMAL_BOUND = 2e-6;

  @TestFactory
  List<DynamicTest> runs_whenModelIsTheFixtures_thenFollowTheReference() {
    List<DynamicTest> tests = new ArrayList<>();
    for (Path file : Golden.files("schedulers")) {
      String name = file.getFileName().toString().replace(".json", "");
      if (!name.equals("index")) {
        tests.add(DynamicTest.dynamicTest(name, () -> check(Golden.read(file))));
      }
    }
    return tests;
  }

  private static void check(JsonNode g) {
    SchedulerConfig config = SchedulerConfig.parse(g.get("scheduler_config").toString());
    assertEquals(g.get("scheduler").asText(), config.className());
    Scheduler scheduler = Schedulers.fromConfig(config);
    SampleShape shape = shape(g.get("sample_shape"));
    Recorder noise = new Recorder(new TorchGenerator(g.get("seed").asLong()));
    float[] start = new float[shape.length()];
    noise.randn(start);
    Golden.assertClose("initial_noise", Golden.floats(g.get("initial_noise")), start, NORMAL_BOUND);
    noise.drawn.clear();

    DiffusionRun run = scheduler.start(options(g), shape, noise);
    checkSchedule(g, run.schedule());
    checkAlphas(g, scheduler);
    float[] x = initialSample(g, run, start);
    walk(g, run, x, noise);
  }

  private static SampleShape shape(JsonNode sizes) {
    int[] further = new int[sizes.size() - 2];
    for (int i = 0; i < further.length; i++) {
      further[i] = sizes.get(i + 2).asInt();
    }
    return SampleShape.of(sizes.get(0).asInt(), sizes.get(1).asInt(), further);
  }

  static RunOptions options(JsonNode g) {
    JsonNode args = g.get("set_timesteps_args");
    RunOptions options;
    if (args.hasNonNull("sigmas")) {
      options = RunOptions.sigmas(Golden.doubles(args.get("sigmas")));
      if (args.hasNonNull("timesteps")) {
        options = options.withTimesteps(Golden.doubles(args.get("timesteps")));
      }
    } else if (args.hasNonNull("timesteps")) {
      options = RunOptions.timesteps(Golden.doubles(args.get("timesteps")));
    } else {
      options = RunOptions.steps(g.get("num_inference_steps").asInt());
    }
    for (Map.Entry<String, JsonNode> arg : args.properties()) {
      JsonNode value = arg.getValue();
      options =
          switch (arg.getKey()) {
            case "timesteps", "sigmas" -> options;
            case "mu" -> options.withMu(value.asDouble());
            case "original_inference_steps" -> options.withOriginalInferenceSteps(value.asInt());
            case "strength" -> options.withStrength(value.asDouble());
            default -> throw new AssertionError("No test knows the argument " + arg);
          };
    }
    if (g.hasNonNull("begin_index")) {
      options = options.withBeginIndex(g.get("begin_index").asInt());
    }
    return g.has("step_args") ? withStepArgs(options, g.get("step_args")) : options;
  }

  private static RunOptions withStepArgs(RunOptions given, JsonNode args) {
    RunOptions options = given;
    double churn = 0;
    double tMin = 0;
    double tMax = Double.POSITIVE_INFINITY;
    double sNoise = 1;
    for (Map.Entry<String, JsonNode> arg : args.properties()) {
      JsonNode value = arg.getValue();
      switch (arg.getKey()) {
        case "eta" -> options = options.withEta(value.asDouble());
        case "use_clipped_model_output" ->
            options = options.withUseClippedModelOutput(value.asBoolean());
        case "s_churn" -> churn = value.asDouble();
        case "s_tmin" -> tMin = value.asDouble();
        case "s_tmax" -> tMax = value.asDouble();
        case "s_noise" -> sNoise = value.asDouble();
        default -> throw new AssertionError("No test knows the argument " + arg);
      }
    }
    return options.withChurn(new RunOptions.Churn(churn, tMin, tMax, sNoise));
  }

  private static void checkSchedule(JsonNode g, Schedule schedule) {
    double[] wanted = Golden.doubles(g.get("timesteps"));
    double[] got = schedule.timesteps();
    boolean whole = g.get("timesteps_dtype").asText().equals("int64");
    assertEquals(whole, schedule.hasWholeTimesteps(), "whole timesteps");
    double bound = 0;
    if (!whole) {
      for (double t : wanted) {
        bound = Math.max(bound, 1e-6 * Math.abs(t));
      }
      // A time found through float32 logarithms is good to their rounding.
      bound = Math.max(bound, 2e-5);
    }
    Golden.assertClose("timesteps", wanted, got, bound);
    float[] sigmas = schedule.sigmas();
    if (g.hasNonNull("sigmas")) {
      assertNotNull(sigmas, "sigmas");
      float[] s = Golden.floats(g.get("sigmas"));
      assertEquals(s.length, sigmas.length, "sigmas: length");
      for (int i = 0; i < s.length; i++) {
        if (Math.abs(s[i] - sigmas[i]) > sigmaBound(g, s[i])) {
          fail("sigmas[" + i + "]: wanted " + s[i] + ", got " + sigmas[i]);
        }
      }
    } else {
      assertNull(sigmas, "sigmas");
    }
    if (g.hasNonNull("init_noise_sigma")) {
      double init = g.get("init_noise_sigma").asDouble();
      assertEquals(init, schedule.initNoiseSigma(), 1e-6 * init, "init_noise_sigma");
    }
    assertEquals(g.get("order").asInt(), schedule.order(), "order");
  }

  /**
   * A millionth, or what a few units in the last place of abar make of sigma: PyTorch's vector square roots are off by one such unit, on some processors only, and
   * rescaling to zero SNR takes square roots, squares them and carries them through the product.
   */
  private static double sigmaBound(JsonNode g, double sigma) {
    boolean rescaled = g.get("scheduler_config").path("rescale_betas_zero_snr").asBoolean();
    double square = 1 + sigma * sigma;
    double units = (rescaled ? 16 : 4) * (double) Math.ulp((float) (1 / square));
    boolean fromAbar = !g.get("scheduler").asText().matches("(EDM|Flow|CM|Score).*");
    double spread = fromAbar && sigma > 0 ? units * square * square / (2 * sigma) : 0;
    // What is left of a root after the last one, about a tenth, was taken off.
    spread += rescaled ? 8 * (double) Math.ulp(0.1f) * Math.sqrt(square) * sigma : 0;
    return Math.max(SIGMA_BOUND * Math.abs(sigma), Math.min(spread, 1e-2 * Math.abs(sigma)));
  }

  private static void checkAlphas(JsonNode g, Scheduler scheduler) {
    if (!g.hasNonNull("alphas_cumprod_at")) {
      return;
    }
    for (Map.Entry<String, JsonNode> entry : g.get("alphas_cumprod_at").properties()) {
      double alpha = scheduler.marginal(Integer.parseInt(entry.getKey())).alpha();
      double wanted = entry.getValue().asDouble();
      assertEquals(
          wanted, alpha * alpha, 1e-6 * wanted + 1e-12, "alphas_cumprod " + entry.getKey());
    }
  }

  private static float[] initialSample(JsonNode g, DiffusionRun run, float[] noise) {
    float[] x = new float[noise.length];
    if (g.hasNonNull("begin_index")) {
      float[] clean = Golden.floats(g.get("clean_sample"));
      run.addNoise(clean, noise, run.index(), x);
    } else {
      for (int j = 0; j < x.length; j++) {
        x[j] = (float) (noise[j] * run.initNoiseSigma());
      }
    }
    float[] wanted = Golden.floats(g.get("initial_sample"));
    Golden.assertClose("initial_sample", wanted, x, 3e-6 * scale(wanted));
    return x;
  }

  private static void walk(JsonNode g, DiffusionRun run, float[] x, Recorder noise) {
    float[] input = new float[x.length];
    int call = 0;
    JsonNode first = g.get("first_step");
    List<Integer> drawnAt = new ArrayList<>();
    while (!run.isDone()) {
      run.scaleInput(x, input);
      float[] output = model(g, input, run.timestep(), run.shape());
      if (call == 0) {
        compare("first model_input", first.get("model_input"), input);
        compare("first model_output", first.get("model_output"), output);
      }
      int before = noise.drawn.size();
      if (call == 0 && first.hasNonNull("pred_original_sample")) {
        float[] x0 = new float[x.length];
        run.step(x, output, x0);
        compare("first pred_original_sample", first.get("pred_original_sample"), x0);
      } else {
        run.step(x, output);
      }
      for (int k = before; k < noise.drawn.size(); k++) {
        drawnAt.add(run.index() - 1);
      }
      compare("trajectory[" + call + "]", g.get("trajectory").get(call), x);
      call++;
    }
    assertEquals(g.get("trajectory").size(), call, "model calls");
    compare("final_sample", g.get("final_sample"), x);
    checkNoise(g, noise, drawnAt);
  }

  private static void checkNoise(JsonNode g, Recorder noise, List<Integer> drawnAt) {
    assertEquals(g.get("noise").size(), noise.drawn.size(), "number of noise arrays");
    for (int k = 0; k < noise.drawn.size(); k++) {
      float[] wanted = Golden.floats(g.get("noise").get(k));
      Golden.assertClose("noise[" + k + "]", wanted, noise.drawn.get(k), NORMAL_BOUND);
    }
    List<Integer> wantedAt = new ArrayList<>();
    g.get("noise_step").forEach(i -> wantedAt.add(i.asInt()));
    int begin = g.path("begin_index").asInt(0);
    boolean fromBegin = wantedAt.isEmpty() || wantedAt.get(0) >= begin;
    List<Integer> gotAt = new ArrayList<>();
    drawnAt.forEach(i -> gotAt.add(fromBegin ? i : i - begin));
    assertEquals(wantedAt, gotAt, "noise_step");
  }

  /** a tanh(k x) + b sin(w t), and the same with other constants as further channels where the model predicts variances. */
  private static float[] model(JsonNode g, float[] input, double t, SampleShape shape) {
    float[] mean = formula(g.get("model"), input, t);
    JsonNode variance = g.get("model_variance");
    if (variance == null || variance.isNull()) {
      return mean;
    }
    float[] second = formula(variance, input, t);
    float[] both = new float[2 * input.length];
    int n = shape.sampleLength();
    for (int b = 0; b < shape.batch(); b++) {
      System.arraycopy(mean, b * n, both, 2 * b * n, n);
      System.arraycopy(second, b * n, both, (2 * b + 1) * n, n);
    }
    return both;
  }

  private static float[] formula(JsonNode c, float[] input, double t) {
    double a = c.get("a").asDouble();
    double k = c.get("k").asDouble();
    double shift = c.get("b").asDouble() * Math.sin(c.get("w").asDouble() * t);
    float[] output = new float[input.length];
    for (int j = 0; j < output.length; j++) {
      output[j] = (float) (a * Math.tanh(k * input[j]) + shift);
    }
    return output;
  }

  private static void compare(String what, JsonNode wanted, float[] got) {
    float[] values = Golden.floats(wanted);
    Golden.assertClose(what, values, got, TRAJECTORY_BOUND * scale(values));
  }

  private static double scale(float[] values) {
    double max = 1;
    for (float value : values) {
      max = Math.max(max, Math.abs(value));
    }
    return max;
  }

  /** Passes noise on and keeps what was drawn. */
  private static final class Recorder implements NoiseSource {
    private final NoiseSource source;
    private final List<float[]> drawn = new ArrayList<>();

    Recorder(NoiseSource source) {
      this.source = source;
    }

    @Override
    public void randn(float[] out, int offset, int count) {
      source.randn(out, offset, count);
      drawn.add(java.util.Arrays.copyOfRange(out, offset, offset + count));
    }
  }
}
