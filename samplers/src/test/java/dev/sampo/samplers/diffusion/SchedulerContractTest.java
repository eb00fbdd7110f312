package dev.sampo.samplers.diffusion;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.RequestException;
import dev.sampo.samplers.diffusion.solver.Schedulers;
import dev.sampo.samplers.random.TorchGenerator;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every scheduler owes its caller, run against all of them with their default and some other configurations. */
class SchedulerContractTest {
  private static final SampleShape SHAPE = SampleShape.of(2, 3, 4, 4);

  /** All class names, and configurations whose runs remember more. */
  static Stream<SchedulerConfig> configs() {
    List<SchedulerConfig> configs = new ArrayList<>();
    for (String name : Schedulers.names()) {
      if (!name.equals("RePaintScheduler")) {
        configs.add(SchedulerConfig.of(name));
      }
    }
    configs.add(SchedulerConfig.of("PNDMScheduler").with("skip_prk_steps", true));
    configs.add(SchedulerConfig.of("DPMSolverMultistepScheduler").with("solver_order", 3));
    configs.add(
        SchedulerConfig.of("DPMSolverMultistepScheduler")
            .with("algorithm_type", "sde-dpmsolver++"));
    configs.add(SchedulerConfig.of("DPMSolverSinglestepScheduler").with("solver_order", 3));
    configs.add(SchedulerConfig.of("UniPCMultistepScheduler").with("solver_order", 3));
    configs.add(
        SchedulerConfig.of("SASolverScheduler")
            .with("predictor_order", 3)
            .with("corrector_order", 4));
    configs.add(SchedulerConfig.of("DDIMScheduler").with("thresholding", true));
    return configs.stream();
  }

  /** A model that answers with a part of what it sees. */
  private static float[] answer(float[] input, double t) {
    float[] output = new float[input.length];
    for (int j = 0; j < output.length; j++) {
      output[j] = (float) (0.6 * Math.tanh(input[j]) + 0.01 * Math.sin(0.01 * t));
    }
    return output;
  }

  private static float[] walk(DiffusionRun run, float[] x) {
    float[] input = new float[x.length];
    while (!run.isDone()) {
      run.scaleInput(x, input);
      run.step(x, answer(input, run.timestep()));
    }
    return x;
  }

  private static float[] noise(DiffusionRun run, TorchGenerator generator) {
    float[] x = new float[SHAPE.length()];
    generator.randn(x);
    for (int j = 0; j < x.length; j++) {
      x[j] = (float) (x[j] * run.initNoiseSigma());
    }
    return x;
  }

  private static RunOptions options() {
    return RunOptions.steps(6).withEta(0.5);
  }

  @ParameterizedTest
  @MethodSource("configs")
  void start_whenCalledTwice_thenBothRunsGiveTheSame(SchedulerConfig config) {
    Scheduler scheduler = Schedulers.fromConfig(config);
    List<float[]> results = new ArrayList<>();
    for (int k = 0; k < 2; k++) {
      TorchGenerator generator = new TorchGenerator(5);
      DiffusionRun run = scheduler.start(options(), SHAPE, generator);
      results.add(walk(run, noise(run, generator)));
    }
    assertArrayEquals(results.get(0), results.get(1));
    for (float value : results.get(0)) {
      assertTrue(Float.isFinite(value), "a value is not finite");
    }
  }

  @ParameterizedTest
  @MethodSource("configs")
  void restore_whenSavedAfterAnyCall_thenSameEnd(SchedulerConfig config) {
    Scheduler scheduler = Schedulers.fromConfig(config);
    TorchGenerator generator = new TorchGenerator(9);
    DiffusionRun whole = scheduler.start(options(), SHAPE, generator);
    float[] x = noise(whole, generator);
    float[] input = new float[x.length];
    List<Object[]> saved = new ArrayList<>();
    while (!whole.isDone()) {
      saved.add(new Object[] {x.clone(), whole.save(), generator.state()});
      whole.scaleInput(x, input);
      whole.step(x, answer(input, whole.timestep()));
    }
    for (Object[] s : saved) {
      TorchGenerator again = TorchGenerator.from((TorchGenerator.State) s[2]);
      DiffusionRun rest = scheduler.start(options(), SHAPE, again);
      rest.restore((DiffusionRun.State) s[1]);
      assertArrayEquals(x, walk(rest, ((float[]) s[0]).clone()));
    }
  }

  @ParameterizedTest
  @MethodSource("configs")
  void schedule_whenStarted_thenHasACallForEveryTime(SchedulerConfig config) {
    DiffusionRun run = Schedulers.fromConfig(config).start(options(), SHAPE, new TorchGenerator(0));
    Schedule schedule = run.schedule();
    assertEquals(schedule.callCount(), schedule.timesteps().length);
    assertTrue(schedule.callCount() >= 6);
    assertTrue(schedule.initNoiseSigma() > 0);
    int calls = 0;
    float[] x = new float[SHAPE.length()];
    while (!run.isDone()) {
      assertEquals(calls, run.index());
      run.step(x, new float[x.length]);
      calls++;
    }
    assertEquals(schedule.callCount(), calls);
  }

  @ParameterizedTest
  @MethodSource("configs")
  void step_afterTheLastCall_thenErrorSaysToStartAnother(SchedulerConfig config) {
    DiffusionRun run = Schedulers.fromConfig(config).start(options(), SHAPE, new TorchGenerator(0));
    float[] x = new float[SHAPE.length()];
    while (!run.isDone()) {
      run.step(x, new float[x.length]);
    }
    IllegalStateException e =
        assertThrows(IllegalStateException.class, () -> run.step(x, new float[x.length]));
    assertEquals(
        "This run has made its "
            + run.schedule().callCount()
            + " model calls; start another one from the scheduler.",
        e.getMessage());
  }

  @ParameterizedTest
  @MethodSource("configs")
  void step_whenLengthIsWrong_thenErrorNamesBothLengths(SchedulerConfig config) {
    DiffusionRun run = Schedulers.fromConfig(config).start(options(), SHAPE, new TorchGenerator(0));
    RequestException e =
        assertThrows(RequestException.class, () -> run.step(new float[7], new float[7]));
    assertTrue(e.getMessage().startsWith("The sample has 7 elements"), e.getMessage());
  }

  @ParameterizedTest
  @MethodSource("configs")
  void batch_whenCutIntoSamples_thenEachAsAlone(SchedulerConfig config) {
    if (config.className().equals("ScoreSdeVeScheduler")) {
      // Its corrector's step follows the mean norm over the batch.
      return;
    }
    Scheduler scheduler = Schedulers.fromConfig(config);
    SampleShape one = new SampleShape(1, SHAPE.channels(), SHAPE.area());
    int n = one.length();
    DiffusionRun both = scheduler.start(options(), SHAPE, (out, o, c) -> {});
    float[] x = noise(both, new TorchGenerator(3));
    float[] second = java.util.Arrays.copyOfRange(x, n, 2 * n);
    walk(both, x);
    DiffusionRun alone = scheduler.start(options(), one, (out, o, c) -> {});
    assertArrayEquals(java.util.Arrays.copyOfRange(x, n, 2 * n), walk(alone, second));
  }

  @ParameterizedTest
  @MethodSource("configs")
  void predictOriginal_whenAsked_thenSampleIsLeftAlone(SchedulerConfig config) {
    DiffusionRun run = Schedulers.fromConfig(config).start(options(), SHAPE, new TorchGenerator(0));
    float[] x = noise(run, new TorchGenerator(1));
    float[] before = x.clone();
    float[] input = new float[x.length];
    run.scaleInput(x, input);
    float[] x0 = new float[x.length];
    run.predictOriginal(x, answer(input, run.timestep()), x0);
    assertArrayEquals(before, x);
    assertFalse(java.util.Arrays.equals(new float[x.length], x0));
  }

  @ParameterizedTest
  @MethodSource("configs")
  void marginal_whenNoised_thenNeverMoreSignalThanClean(SchedulerConfig config) {
    DiffusionRun run = Schedulers.fromConfig(config).start(options(), SHAPE, new TorchGenerator(0));
    for (int i = 0; i < run.schedule().callCount(); i++) {
      Marginal m = run.marginal(i);
      assertTrue(m.alpha() >= 0 && m.alpha() <= 1 + 1e-9, "alpha " + m);
      assertTrue(m.sigma() >= 0, "sigma " + m);
    }
  }

  @ParameterizedTest
  @MethodSource("configs")
  void step_whenRepeated_thenAllocatesNothing(SchedulerConfig config) {
    com.sun.management.ThreadMXBean threads =
        (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
    Scheduler scheduler = Schedulers.fromConfig(config);
    long least = Long.MAX_VALUE;
    for (int k = 0; k < 5; k++) {
      DiffusionRun run = scheduler.start(RunOptions.steps(20), SHAPE, new TorchGenerator(0));
      float[] x = new float[SHAPE.length()];
      float[] m = new float[SHAPE.length()];
      long id = Thread.currentThread().getId();
      long before = threads.getThreadAllocatedBytes(id);
      while (!run.isDone()) {
        run.scaleInput(x, m);
        run.step(x, m);
      }
      least = Math.min(least, threads.getThreadAllocatedBytes(id) - before);
    }
    // The measurement itself may cost some bytes once; a step of 20 none.
    assertTrue(least < 20 * 16, "20 steps allocated " + least + " bytes");
  }
}
