package dev.sampo.diffusion;

import dev.sampo.Timings;
import dev.sampo.error.CancelledException;
import dev.sampo.error.RequestException;
import dev.sampo.picture.PictureBatch;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.samplers.diffusion.DiffusionRun;
import dev.sampo.samplers.diffusion.RunOptions;
import dev.sampo.samplers.diffusion.SampleShape;
import dev.sampo.samplers.diffusion.Scheduler;
import dev.sampo.samplers.diffusion.solver.Schedulers;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One request at work: plan, text, start, loop, pictures, in that order, which is also the order of the random draws: the start ({@link
 * JobStart}), then the scheduler's.
 */
final class DiffusionJob {
  private final DiffusionModel model;
  private final DiffusionRequest request;
  private final CancellationToken token;
  private final JobPlan plan;
  private final JobNoise noise;
  private final long begin = System.nanoTime();
  private double scale = 1;
  private long loopBegin;
  private long loopEnd;

  DiffusionJob(DiffusionModel model, DiffusionRequest request) {
    this.model = model;
    this.request = request;
    this.token = request.cancellation();
    this.plan = new JobPlan(model, request);
    this.noise = new JobNoise(request, plan.batch);
  }

  DiffusionResult generate() {
    Scheduler scheduler = plan.scheduler();
    DiffusionRun run = scheduler.start(plan.options(scheduler), shape(), noise.source());
    scale = plan.guidanceScale();
    try (Guidance guidance = new JobGuidance(plan, scale, token).prepare()) {
      JobStart starter = new JobStart(plan, noise, token);
      Start start = starter.start(run);
      starter.bindMask(guidance, start);
      DiffusionState saved = request.resume();
      float[] x = saved == null ? start.sample() : resume(saved, run);
      int first = run.index();
      loopBegin = System.nanoTime();
      try {
        new JobLoop(plan, noise, token, scheduler.takesVariance()).walk(run, guidance, start, x);
        loopEnd = System.nanoTime();
        token.throwIfCancelled();
        PictureBatch latents = plan.latents(x);
        PictureBatch samples = model.decode(latents, request.tilePx(), token);
        return result(run, guidance, Unit.of(samples, model.range()), latents, null, first);
      } catch (CancelledException e) {
        loopEnd = System.nanoTime();
        throw new CancelledException(
            "Cancelled at step " + run.index() + " of " + run.schedule().callCount(),
            e,
            partial(run, guidance, x, first));
      }
    }
  }

  private DiffusionResult partial(DiffusionRun run, Guidance guidance, float[] x, int first) {
    PictureBatch latents = plan.latents(x);
    PictureBatch none = PictureBatch.of(0, 1, plan.heightPx, plan.widthPx, new float[0]);
    DiffusionState state = noise.isSaved() ? noise.save(latents, run) : null;
    return result(run, guidance, none, latents, state, first);
  }

  private SampleShape shape() {
    return SampleShape.of(plan.batch, plan.channels, plan.height, plan.width);
  }

  private float[] resume(DiffusionState saved, DiffusionRun run) {
    float[] x = saved.latents().toArray();
    if (x.length != run.shape().length()) {
      throw new RequestException(
          "resume",
          "The saved run has "
              + saved.latents()
              + ", the request makes "
              + plan.shape()
              + ". Resume with the same request.");
    }
    run.restore(saved.run());
    noise.restore(saved);
    return x;
  }

  PictureBatch invert() {
    Scheduler scheduler = Schedulers.fromConfig(plan.schedulerConfig, "DDIMInverseScheduler");
    DiffusionRun run = scheduler.start(RunOptions.steps(plan.steps()), shape(), noise.source());
    Double asked = request.guidanceScale();
    Start start = new JobStart(plan, noise, token).inverse();
    float[] x = start.sample();
    try (Guidance guidance = new JobGuidance(plan, asked != null ? asked : 1.0, token).prepare()) {
      new JobLoop(plan, noise, token, false).walk(run, guidance, start, x);
    }
    return plan.latents(x);
  }

  private DiffusionResult result(
      DiffusionRun run,
      Guidance guidance,
      PictureBatch pictures,
      PictureBatch latents,
      @Nullable DiffusionState state,
      int first) {
    long[] seeds = noise.seeds();
    Timings timings =
        new Timings(
            model.loadMillis(),
            (loopBegin - begin) / 1e6,
            (loopEnd - loopBegin) / 1e6,
            guidance.nanos() / 1e6,
            (System.nanoTime() - begin) / 1e6,
            run.index() - first);
    return new DiffusionResult(
        pictures, latents, seeds.length == 0 ? 0 : seeds[0], settings(run), state, timings);
  }

  private Map<String, String> settings(DiffusionRun run) {
    Map<String, String> s = new LinkedHashMap<>();
    s.put("model", model.name());
    s.put("model_hash", model.hash());
    if (!request.prompts().isEmpty()) {
      s.put("prompt", String.join("\n", request.prompts()));
    }
    if (!request.negativePrompts().isEmpty()) {
      s.put("negative_prompt", String.join("\n", request.negativePrompts()));
    }
    if (request.classLabels().length > 0) {
      s.put("class_label", text(Arrays.toString(request.classLabels())));
    }
    if (request.noise() == null) {
      s.put("seed", text(Arrays.toString(noise.seeds())));
    }
    s.put("scheduler", plan.schedulerName());
    s.put("num_inference_steps", String.valueOf(plan.steps()));
    s.put("model_calls", String.valueOf(run.schedule().callCount()));
    s.put("guidance_scale", String.valueOf(scale));
    if (request.image() != null || request.imageLatents() != null) {
      s.put("strength", String.valueOf(request.strength()));
    }
    for (Map.Entry<String, Object> option : request.schedulerOptions().entrySet()) {
      s.put(option.getKey(), String.valueOf(option.getValue()));
    }
    s.put("size", plan.widthPx + "x" + plan.heightPx);
    return s;
  }

  private static String text(String list) {
    return list.substring(1, list.length() - 1);
  }
}
