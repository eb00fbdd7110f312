package dev.sampo.diffusion;

import dev.sampo.Progress;
import dev.sampo.internal.Denoising;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.samplers.diffusion.DiffusionRun;
import java.util.Objects;

/** The denoising loop of a job: scale, ask, step, and put back what a mask keeps. */
final class JobLoop {
  private final JobPlan plan;
  private final JobNoise noise;
  private final CancellationToken token;
  private final boolean takesVariance;
  private final Progress<DiffusionStep> progress;

  /**
   * @param takesVariance whether the scheduler wants the variance that the network may answer with too
   */
  JobLoop(JobPlan plan, JobNoise noise, CancellationToken token, boolean takesVariance) {
    this.plan = plan;
    this.noise = noise;
    this.token = token;
    this.takesVariance = takesVariance;
    this.progress = plan.request.progress();
  }

  /** Walks to the end of the run; {@code x} is the sample and becomes the result. */
  void walk(DiffusionRun run, Guidance guidance, Start start, float[] x) {
    float[] input = new float[x.length];
    float[] answer = new float[guidance.outLength()];
    float[] output = takesVariance ? answer : new float[x.length];
    float[] original = new float[progress == DiffusionRequest.UNTOLD ? 0 : x.length];
    float[] known = new float[start.mask().length > 0 ? x.length : 0];
    while (!run.isDone()) {
      token.throwIfCancelled();
      double t = run.timestep();
      run.scaleInput(x, input);
      guidance.predict(input, t, answer, token);
      float[] m = meanOf(answer, output, x.length);
      if (original.length > 0) {
        run.step(x, m, original);
      } else {
        run.step(x, m);
      }
      if (known.length > 0) {
        blend(run, start, x, known);
      }
      Denoising.requireNumbers(
          x,
          run.index(),
          run.schedule().callCount(),
          t,
          plan.model.name() + " with " + plan.schedulerName());
      tell(run, x, original, t);
    }
  }

  /** The prediction without the variance that the scheduler does not want. */
  private float[] meanOf(float[] answer, float[] output, int length) {
    if (answer.length == length || answer == output) {
      return answer;
    }
    int n = length / plan.batch;
    int stride = answer.length / plan.batch;
    for (int b = 0; b < plan.batch; b++) {
      System.arraycopy(answer, b * stride, output, b * n, n);
    }
    return output;
  }

  /** Puts the kept part back, noised to the next time; not noised after the last call. */
  private void blend(DiffusionRun run, Start start, float[] x, float[] known) {
    float[] clean = Objects.requireNonNull(start.clean(), "clean");
    run.addNoise(clean, start.noise(), run.index(), known);
    int plane = plan.height * plan.width;
    for (int b = 0; b < plan.batch; b++) {
      for (int c = 0; c < plan.channels; c++) {
        int at = (b * plan.channels + c) * plane;
        for (int j = 0; j < plane; j++) {
          float w = start.mask()[b * plane + j];
          x[at + j] = (1 - w) * known[at + j] + w * x[at + j];
        }
      }
    }
  }

  private void tell(DiffusionRun run, float[] x, float[] original, double t) {
    if (progress == DiffusionRequest.UNTOLD) {
      return;
    }
    progress.onStep(
        new DiffusionStep(
            run.index(),
            run.schedule().callCount(),
            t,
            () -> plan.latents(x),
            () -> plan.latents(original),
            () -> noise.save(plan.latents(x), run)));
  }
}
