package dev.sampo.diffusion.staged;

import dev.sampo.internal.DenoiserCall;
import dev.sampo.internal.Denoising;
import dev.sampo.picture.PictureBatch;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.samplers.diffusion.DiffusionRun;
import dev.sampo.samplers.diffusion.RunOptions;
import dev.sampo.samplers.diffusion.SampleShape;
import dev.sampo.samplers.diffusion.Scheduler;
import dev.sampo.samplers.diffusion.SchedulerConfig;
import dev.sampo.samplers.diffusion.solver.Schedulers;
import dev.sampo.samplers.random.NoiseSource;

/** The loop of one stage: guided predictions, with the variance of the prompt's half where the scheduler wants it. */
final class StageWalk {
  private final StagedRequest request;
  private final int stage;
  private final long doneBefore;
  private final long total;
  private final SchedulerConfig config;
  private final Scheduler scheduler;
  private final CancellationToken token;

  /**
   * One stage's loop.
   *
   * @param stage from 0
   * @param doneBefore steps of the stages before
   * @param total steps of all stages
   */
  StageWalk(StagedRequest request, int stage, long doneBefore, long total, SchedulerConfig config) {
    this.request = request;
    this.stage = stage;
    this.doneBefore = doneBefore;
    this.total = total;
    this.config = config;
    this.scheduler = Schedulers.fromConfig(config);
    this.token = request.cancellation();
  }

  DiffusionRun start(int steps, int batch, int channels, int area, NoiseSource noise) {
    return scheduler.start(RunOptions.steps(steps), new SampleShape(batch, channels, area), noise);
  }

  /**
   * Walks.
   *
   * @param x the sample [batch, channels, height, width], replaced by the result
   * @param call with {@code halves * batch} rows, the plain half first where there are two
   * @param channels of the call's input; those beyond the sample's are bound and left alone
   */
  void walk(
      DiffusionRun run,
      float[] x,
      PictureBatch shape,
      DenoiserCall call,
      int channels,
      double scale,
      int halves,
      String model) {
    int batch = shape.count();
    int area = shape.heightPx() * shape.widthPx();
    int n = shape.channels() * area;
    int answered = call.outLength() / (halves * batch);
    float[] answer = new float[call.outLength()];
    float[] guided = new float[batch * answered];
    Denoising.walk(
        run,
        x,
        (input, t) -> {
          for (int h = 0; h < halves; h++) {
            for (int b = 0; b < batch; b++) {
              call.set((h * batch + b) * channels * area, input, b * n, n);
            }
          }
          call.run(t, answer, token);
          float[] m = answer;
          if (halves == 2) {
            Denoising.guide(answer, 0, answer, guided.length, guided, batch, answered, n, scale);
            m = guided;
          }
          return scheduler.takesVariance() ? m : Denoising.firstOf(m, batch, answered, n);
        },
        (t, original) ->
            request
                .progress()
                .onStep(
                    new StageStep(
                        stage + 1,
                        doneBefore + run.index(),
                        total,
                        t,
                        () ->
                            PictureBatch.of(
                                batch, shape.channels(), shape.heightPx(), shape.widthPx(), x))),
        token,
        model + ", stage " + (stage + 1) + ", with " + config.className());
  }

  Scheduler scheduler() {
    return scheduler;
  }
}
