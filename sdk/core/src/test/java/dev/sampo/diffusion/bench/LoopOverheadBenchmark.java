package dev.sampo.diffusion.bench;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.sampo.Timings;
import dev.sampo.diffusion.DiffusionPipeline;
import dev.sampo.diffusion.DiffusionRequest;
import dev.sampo.samplers.diffusion.DiffusionRun;
import dev.sampo.samplers.diffusion.RunOptions;
import dev.sampo.samplers.diffusion.SampleShape;
import dev.sampo.samplers.diffusion.SchedulerConfig;
import dev.sampo.samplers.diffusion.solver.Schedulers;
import dev.sampo.samplers.random.TorchGenerator;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;

/**
 * What the pipeline adds to ONNX Runtime: the share of its loop outside {@code run}, and its loop against the barest one that can be written
 * (two direct buffers, a pinned output, Euler in plain floats). Both run in turn, medians are compared; only ratios mean something.
 *
 * <p>Needs a model of make_bench_unet.py: {@code LoopOverheadBenchmark FOLDER [steps] [rounds]}. Not JMH, whose forks would not take turns.
 */
public final class LoopOverheadBenchmark {
  private LoopOverheadBenchmark() {}

  /** Prints both ratios. */
  public static void main(String[] args) throws OrtException {
    Path folder = Path.of(args[0]);
    int steps = args.length > 1 ? Integer.parseInt(args[1]) : 10;
    int rounds = args.length > 2 ? Integer.parseInt(args[2]) : 7;
    double[] bare = new double[rounds];
    double[] ours = new double[rounds];
    double[] outside = new double[rounds];
    DiffusionRequest request =
        DiffusionRequest.builder().numInferenceSteps(steps).guidanceScale(1.0).seed(1).build();
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (DiffusionPipeline pipeline = DiffusionPipeline.open(folder);
        OrtSession session =
            environment.createSession(folder.resolve("unet/model.onnx").toString())) {
      bare(environment, session, steps);
      pipeline.generate(request);
      for (int k = 0; k < rounds; k++) {
        bare[k] = bare(environment, session, steps);
        Timings timings = pipeline.generate(request).timings();
        ours[k] = (long) (timings.loopMillis() * 1e6);
        outside[k] = 1.0 - timings.modelMillis() / timings.loopMillis();
      }
    }
    System.out.printf(
        "outside run: %.3f %% of the loop; loop against the bare one: %.3f; one step: %.1f ms%n",
        100 * median(outside), median(ours) / median(bare), median(ours) / steps / 1e6);
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  private static double bare(OrtEnvironment environment, OrtSession session, int steps)
      throws OrtException {
    SampleShape shape = SampleShape.of(1, 4, 32, 32);
    DiffusionRun schedule =
        Schedulers.fromConfig(SchedulerConfig.of("EulerDiscreteScheduler"))
            .start(RunOptions.steps(steps), shape, new TorchGenerator(0));
    float[] sigmas = schedule.schedule().sigmas();
    double[] times = schedule.schedule().timesteps();
    int n = shape.length();
    FloatBuffer in = direct(4 * n).asFloatBuffer();
    FloatBuffer out = direct(4 * n).asFloatBuffer();
    LongBuffer time = direct(8).asLongBuffer();
    long[] dims = {1, 4, 32, 32};
    float[] x = new float[n];
    float[] m = new float[n];
    new TorchGenerator(1).randn(x);
    try (OnnxTensor sample = OnnxTensor.createTensor(environment, in, dims);
        OnnxTensor timestep = OnnxTensor.createTensor(environment, time, new long[0]);
        OnnxTensor pinned = OnnxTensor.createTensor(environment, out, dims)) {
      Map<String, OnnxTensor> inputs = new HashMap<>();
      inputs.put("sample", sample);
      inputs.put("timestep", timestep);
      Map<String, OnnxTensor> outputs = Collections.singletonMap("out_sample", pinned);
      long begin = System.nanoTime();
      for (int i = 0; i < steps; i++) {
        float scale = (float) (1 / Math.sqrt(sigmas[i] * sigmas[i] + 1));
        for (int j = 0; j < n; j++) {
          m[j] = x[j] * scale;
        }
        in.put(0, m);
        time.put(0, (long) times[i]);
        session.run(inputs, Collections.emptySet(), outputs).close();
        out.get(0, m);
        float h = sigmas[i + 1] - sigmas[i];
        for (int j = 0; j < n; j++) {
          x[j] += h * m[j];
        }
      }
      return System.nanoTime() - begin;
    }
  }

  private static ByteBuffer direct(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
  }
}
