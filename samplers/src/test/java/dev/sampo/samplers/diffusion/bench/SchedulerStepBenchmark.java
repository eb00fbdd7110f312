package dev.sampo.samplers.diffusion.bench;

import dev.sampo.samplers.diffusion.DiffusionRun;
import dev.sampo.samplers.diffusion.RunOptions;
import dev.sampo.samplers.diffusion.SampleShape;
import dev.sampo.samplers.diffusion.Scheduler;
import dev.sampo.samplers.diffusion.SchedulerConfig;
import dev.sampo.samplers.diffusion.solver.Schedulers;
import dev.sampo.samplers.random.TorchGenerator;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * One step of each scheduler on latents of 4x64x64, with the scaling of the model's input, and three plain passes over the same arrays as
 * a measure. Run {@link #main}; {@code gc.alloc.rate.norm} is what a step allocates.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 300, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 3, time = 300, timeUnit = TimeUnit.MILLISECONDS)
@Fork(1)
public class SchedulerStepBenchmark {
  private static final SampleShape SHAPE = SampleShape.of(1, 4, 64, 64);

  @Param({
    "DDPM",
    "DDIM",
    "PNDM",
    "LMSDiscrete",
    "EulerDiscrete",
    "EulerAncestralDiscrete",
    "HeunDiscrete",
    "KDPM2Discrete",
    "DPMSolverMultistep",
    "DPMSolverSinglestep",
    "UniPCMultistep",
    "DEISMultistep",
    "SASolver",
    "LCM",
    "TCD"
  })
  public String name;

  private Scheduler scheduler;
  private DiffusionRun run;
  private DiffusionRun.State fresh;
  private final float[] x = new float[SHAPE.length()];
  private final float[] input = new float[SHAPE.length()];
  private final float[] output = new float[SHAPE.length()];

  /** Makes a run. */
  @Setup
  public void setUp() {
    SchedulerConfig config =
        SchedulerConfig.of(Schedulers.className(name))
            .with("clip_sample", false)
            .with("skip_prk_steps", true);
    scheduler = Schedulers.fromConfig(config);
    run = scheduler.start(RunOptions.steps(50), SHAPE, new TorchGenerator(0));
    fresh = run.save();
    new TorchGenerator(1).randn(x);
    new TorchGenerator(2).randn(output);
  }

  /** A step; at the end of a run it is taken back to its start. */
  @Benchmark
  public float[] step() {
    if (run.isDone()) {
      run.restore(fresh);
    }
    run.scaleInput(x, input);
    run.step(x, output);
    return x;
  }

  /** Three passes of the simplest kind. */
  @Benchmark
  public float[] threePasses() {
    for (int j = 0; j < x.length; j++) {
      input[j] = (float) (x[j] * 0.5);
    }
    for (int j = 0; j < x.length; j++) {
      input[j] = (float) (input[j] * 0.25 + output[j] * 0.125);
    }
    for (int j = 0; j < x.length; j++) {
      input[j] = (float) (input[j] * 0.25 + output[j] * 0.125 + x[j] * 0.5);
    }
    return input;
  }

  /** Runs the benchmark with the allocation profiler. */
  public static void main(String[] args) throws RunnerException {
    new Runner(
            new OptionsBuilder()
                .include(SchedulerStepBenchmark.class.getName())
                .addProfiler(GCProfiler.class)
                .build())
        .run();
  }
}
