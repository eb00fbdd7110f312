package dev.sampo.diffusion;

import dev.sampo.error.RequestException;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.samplers.diffusion.DiffusionRun;
import dev.sampo.samplers.diffusion.RunOptions;
import dev.sampo.samplers.diffusion.SampleShape;
import dev.sampo.samplers.diffusion.Scheduler;
import dev.sampo.samplers.diffusion.solver.Schedulers;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

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

  DiffusionJob(DiffusionModel model, DiffusionRequest request, CancellationToken token) {
    this.model = model;
    this.request = request;
    this.token = token;
    this.plan = new JobPlan(model, request);
    this.noise = new JobNoise(request, plan.batch);
  }

  DiffusionResult generate() {
    long begin = System.nanoTime();
    Scheduler scheduler = plan.scheduler();
    DiffusionRun run = scheduler.start(plan.options(scheduler), shape(), noise.source());
    double scale = plan.guidanceScale();
    try (Guidance guidance = new JobGuidance(plan, scale, token).prepare()) {
      JobStart starter = new JobStart(plan, noise, token);
      Start start = starter.start(run);
      starter.bindMask(guidance, start);
      DiffusionState saved = request.resume();
      float[] x = saved == null ? start.sample() : resume(saved, run);
      long loop = System.nanoTime();
      new JobLoop(plan, noise, token, scheduler.takesVariance()).walk(run, guidance, start, x);
      long end = System.nanoTime();
      return result(run, guidance, x, scale, begin, loop, end);
    }
  }

  private SampleShape shape() {
    return SampleShape.of(plan.batch, plan.channels, plan.height, plan.width);
  }

  private float[] resume(DiffusionState saved, DiffusionRun run) {
    float[] x = saved.latents().values();
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

  Latents invert() {
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
      float[] x,
      double scale,
      long begin,
      long loop,
      long end) {
    Latents latents = plan.latents(x);
    Latents unit = Pictures.toUnit(model.decode(latents, request.tilePx(), token), model.range());
    DiffusionResult.Timings timings =
        new DiffusionResult.Timings(
            end - loop, guidance.nanos(), System.nanoTime() - begin, guidance.modelCalls());
    return new DiffusionResult(Pictures.ofUnit(unit), unit, latents, settings(run, scale), timings);
  }

  private Map<String, String> settings(DiffusionRun run, double scale) {
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
      s.put("seed", text(Arrays.toString(request.seeds())));
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
