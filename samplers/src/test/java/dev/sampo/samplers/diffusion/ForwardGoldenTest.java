package dev.sampo.samplers.diffusion;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.samplers.diffusion.grid.NoiseTable;
import dev.sampo.samplers.diffusion.grid.NoiseTable.ZeroSnr;
import dev.sampo.samplers.diffusion.solver.Schedulers;
import dev.sampo.samplers.random.Golden;
import dev.sampo.samplers.random.TorchGenerator;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Forward noising, velocity targets and noise tables of the golden folder {@code forward}. */
class ForwardGoldenTest {
  private static final double BOUND = 3e-6;

  @TestFactory
  List<DynamicTest> forward_whenNoised_thenAsTheReference() {
    List<DynamicTest> tests = new ArrayList<>();
    for (Path file : Golden.files("forward")) {
      String name = file.getFileName().toString().replace(".json", "");
      if (!name.equals("index")) {
        tests.add(DynamicTest.dynamicTest(name, () -> check(Golden.read(file))));
      }
    }
    return tests;
  }

  private static void check(JsonNode g) {
    SchedulerConfig config = SchedulerConfig.parse(g.get("scheduler_config").toString());
    Scheduler scheduler = Schedulers.fromConfig(config);
    JsonNode sizes = g.get("sample_shape");
    int[] further = new int[sizes.size() - 2];
    for (int i = 0; i < further.length; i++) {
      further[i] = sizes.get(i + 2).asInt();
    }
    SampleShape shape = SampleShape.of(sizes.get(0).asInt(), sizes.get(1).asInt(), further);
    float[] x0 = Golden.floats(g.get("original_sample"));
    float[] eps = Golden.floats(g.get("noise"));
    double[] timesteps = Golden.doubles(g.get("timesteps"));
    boolean scheduled =
        g.hasNonNull("num_inference_steps") || g.get("set_timesteps_args").size() > 0;

    float[] noisy = new float[x0.length];
    if (scheduled) {
      RunOptions options = SchedulerGoldenTest.options(g);
      SampleShape one = new SampleShape(1, shape.channels(), shape.area());
      DiffusionRun run = scheduler.start(options, one, new TorchGenerator(0));
      int n = shape.sampleLength();
      for (int b = 0; b < shape.batch(); b++) {
        Marginal m = run.marginal(run.schedule().indexOf(timesteps[b]));
        m.addNoise(x0, eps, noisy, b * n, (b + 1) * n);
      }
      if (g.hasNonNull("scaled_model_input_at_first_step")) {
        float[] scaled = new float[x0.length];
        run.scaleInput(x0, scaled);
        compare("scaled", g.get("scaled_model_input_at_first_step"), scaled);
      }
    } else {
      scheduler.addNoise(x0, eps, timesteps, shape, noisy);
    }
    compare("noisy_sample", g.get("noisy_sample"), noisy);

    if (g.hasNonNull("velocity")) {
      float[] v = new float[x0.length];
      double[] times = timesteps;
      if (scheduled && config.className().startsWith("Euler")) {
        // diffusers' Euler looks abar up by the index of the step, not by its time; here it goes by
        // time.
        times = indices(scheduler, g, timesteps);
      }
      scheduler.velocity(x0, eps, times, shape, v);
      compare("velocity", g.get("velocity"), v);
    }
    if (g.hasNonNull("betas")) {
      checkTables(g, config);
    }
  }

  private static double[] indices(Scheduler scheduler, JsonNode g, double[] timesteps) {
    DiffusionRun run =
        scheduler.start(
            SchedulerGoldenTest.options(g), new SampleShape(1, 1, 1), new TorchGenerator(0));
    double[] indices = new double[timesteps.length];
    for (int b = 0; b < indices.length; b++) {
      indices[b] = run.schedule().indexOf(timesteps[b]);
    }
    return indices;
  }

  private static void checkTables(JsonNode g, SchedulerConfig config) {
    boolean lifts = !config.className().startsWith("DD") && !config.className().startsWith("PNDM");
    NoiseTable table =
        NoiseTable.read(
            config, config.className(), 0.0001, 0.02, lifts ? ZeroSnr.LIFTED : ZeroSnr.PLAIN);
    float[] betas = Golden.floats(g.get("betas"));
    float[] abar = Golden.floats(g.get("alphas_cumprod"));
    if (config.flag("rescale_betas_zero_snr", false)) {
      // A rescaled beta is 1 - abar / abar_prev of numbers that end in zero: good to their rounding
      // only.
      Golden.assertClose("betas", betas, table.betas(), 1e-3);
      Golden.assertClose("alphas_cumprod", abar, table.alphasCumprod(), 1e-6);
    } else {
      Golden.assertClose("betas", betas, table.betas(), 1e-9);
      relative("alphas_cumprod", abar, table.alphasCumprod(), 1e-6);
    }
  }

  private static void relative(String what, float[] wanted, float[] got, double bound) {
    assertTrue(wanted.length == got.length, what);
    for (int t = 0; t < wanted.length; t++) {
      assertTrue(
          Math.abs(wanted[t] - got[t]) <= bound * Math.abs(wanted[t]) + 1e-9,
          what + "[" + t + "]: wanted " + wanted[t] + ", got " + got[t]);
    }
  }

  private static void compare(String what, JsonNode wanted, float[] got) {
    float[] values = Golden.floats(wanted);
    double scale = 1;
    for (float value : values) {
      scale = Math.max(scale, Math.abs(value));
    }
    Golden.assertClose(what, values, got, BOUND * scale);
  }
}
