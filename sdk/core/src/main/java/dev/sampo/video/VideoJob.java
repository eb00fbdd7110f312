package dev.sampo.video;

import dev.sampo.Timings;
import dev.sampo.error.CancelledException;
import dev.sampo.error.RequestException;
import dev.sampo.internal.Denoising;
import dev.sampo.internal.PromptReader;
import dev.sampo.internal.PromptReader.Reading;
import dev.sampo.internal.RandomStreams;
import dev.sampo.internal.SchedulerFiles;
import dev.sampo.picture.PictureBatch;
import dev.sampo.picture.Pixels;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.samplers.diffusion.DiffusionRun;
import dev.sampo.samplers.diffusion.RunOptions;
import dev.sampo.samplers.diffusion.SampleShape;
import dev.sampo.samplers.diffusion.Scheduler;
import dev.sampo.samplers.diffusion.SchedulerConfig;
import dev.sampo.samplers.diffusion.solver.Schedulers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One request at work: text, start, loop, frames, in that order, which is also the order of the random draws. */
final class VideoJob {
  private static final int STEPS = 50;

  private final GraphVideoPipeline model;
  private final VideoRequest request;
  private final CancellationToken token;
  private final VideoArchitecture kind;
  private final VideoShape shape;
  private final RandomStreams noise;
  private final SchedulerConfig schedulerConfig;
  private final Scheduler scheduler;
  private final double scale;
  private final long begin = System.nanoTime();
  private long loopBegin;
  private long loopEnd;

  VideoJob(GraphVideoPipeline model, VideoRequest request) {
    this.model = model;
    this.request = request;
    this.token = request.cancellation();
    this.kind = model.architecture;
    if (request.prompts().isEmpty()) {
      throw new RequestException("prompt", "A video wants a prompt.");
    }
    if (request.classLabels().length > 0) {
      throw new RequestException(
          "classLabel", model.name() + " takes no class labels but a prompt.");
    }
    int batch = Math.multiplyExact(request.prompts().size(), request.count());
    int height = size("heightPx", request.heightPx(), kind.defaultHeightPx());
    int width = size("widthPx", request.widthPx(), kind.defaultWidthPx());
    Integer asked = request.numFrames();
    int frames = kind.frames(asked == null ? kind.defaultFrames() : asked);
    this.shape =
        new VideoShape(
            batch,
            model.channels,
            (frames - 1) / kind.temporal() + 1,
            height / kind.spatial(),
            width / kind.spatial());
    VideoState saved = request.resume();
    Long seed = request.seed() == null && saved != null ? (Long) saved.seed() : request.seed();
    this.noise = new RandomStreams(seed, request.seeds(), batch);
    SchedulerConfig own = request.schedulerConfig();
    this.schedulerConfig = own == null ? model.schedulerConfig() : own;
    this.scheduler =
        SchedulerFiles.scheduler(model.folder, schedulerConfig, request.scheduler(), own == null);
    Double guidance = request.guidanceScale();
    this.scale = guidance == null ? kind.guidanceScale() : guidance;
  }

  private int size(String option, @Nullable Integer asked, int fallback) {
    int px = asked == null ? fallback : asked;
    int multiple = model.sizeMultiplePx();
    if (px < multiple || px % multiple != 0) {
      throw new RequestException(
          option,
          "This model makes videos whose "
              + option
              + " is a multiple of "
              + multiple
              + ", got "
              + px
              + ". Use "
              + Math.max(multiple, px / multiple * multiple)
              + " or "
              + (px / multiple + 1) * multiple
              + ".");
    }
    return px;
  }

  private int steps() {
    Integer steps = request.numInferenceSteps();
    return steps == null ? STEPS : steps;
  }

  VideoResult generate() {
    RunOptions options = kind.schedule(steps(), scheduler, shape.area());
    SampleShape sample = new SampleShape(shape.batch(), shape.channels(), shape.area());
    DiffusionRun run = scheduler.start(options, sample, noise.source());
    Reading text = read(request.prompts());
    Reading negative =
        scale > 1
            ? read(PromptReader.negatives(request.negativePrompts(), request.prompts().size()))
            : null;
    try (VideoNetwork network = new VideoNetwork(model, request, shape, text, negative, scale)) {
      float[] x = kind.packed(noise.randn(shape.length()), shape);
      VideoState saved = request.resume();
      if (saved != null) {
        x = saved.restored(shape.length(), run, noise);
      }
      return run(run, network, x);
    }
  }

  private VideoResult run(DiffusionRun run, VideoNetwork network, float[] x) {
    int first = run.index();
    loopBegin = System.nanoTime();
    try {
      Denoising.walk(
          run,
          x,
          (input, t) -> network.predict(input, t, token),
          (t, original) -> tell(run, x, original, t),
          token,
          model.name() + " with " + schedulerConfig.className());
      loopEnd = System.nanoTime();
      token.throwIfCancelled();
      return result(run, network, x, decode(x), null, first);
    } catch (CancelledException e) {
      loopEnd = System.nanoTime();
      throw new CancelledException(
          "Cancelled at step " + run.index() + " of " + run.schedule().callCount(),
          e,
          result(run, network, x, Collections.emptyList(), state(run, x), first));
    }
  }

  private Reading read(List<String> prompts) {
    Integer length = request.maxSequenceLength();
    List<String> prepared = new ArrayList<>();
    for (String prompt : prompts) {
      prepared.add(kind.prepared(prompt));
    }
    Reading reading = model.text.read(prepared, length == null ? kind.textLength() : length, token);
    return kind.features(reading).repeated(request.count());
  }

  private VideoState state(DiffusionRun run, float[] x) {
    return new VideoState(x, run.save(), noise.save(), noise.seed());
  }

  private void tell(DiffusionRun run, float[] x, float[] original, double t) {
    request
        .progress()
        .onStep(
            new VideoStep(
                run.index(),
                run.schedule().callCount(),
                t,
                () -> shape.split(kind.unpacked(x, shape)),
                () -> middle(original),
                () -> state(run, x)));
  }

  /** One latent frame of the first video, decoded alone. */
  private Pixels middle(float[] original) {
    PictureBatch latents = shape.split(kind.unpacked(original, shape)).get(0);
    float[] frame = latents.picture(shape.frames() / 2);
    VideoShape one = new VideoShape(1, shape.channels(), 1, shape.height(), shape.width());
    float[] z = model.coder.scaled(frame, one);
    return model.coder.decode(z, one, request.tilePx(), 0, token).get(0).pixels(0);
  }

  private List<PictureBatch> decode(float[] x) {
    float[] z = model.coder.scaled(kind.unpacked(x, shape), shape);
    double time = request.decodeTimestep();
    if (model.coder.takesTime()) {
      Double asked = request.decodeNoiseScale();
      float a = (float) (asked == null ? time : asked);
      float[] fresh = noise.randn(z.length);
      for (int j = 0; j < z.length; j++) {
        z[j] = (1 - a) * z[j] + a * fresh[j];
      }
    }
    return model.coder.decode(z, shape, request.tilePx(), time, token);
  }

  private VideoResult result(
      DiffusionRun run,
      VideoNetwork network,
      float[] x,
      List<PictureBatch> videos,
      @Nullable VideoState state,
      int first) {
    Timings timings =
        new Timings(
            model.loadMillis,
            (loopBegin - begin) / 1e6,
            (loopEnd - loopBegin) / 1e6,
            network.nanos() / 1e6,
            (System.nanoTime() - begin) / 1e6,
            run.index() - first);
    List<PictureBatch> latents = shape.split(kind.unpacked(x, shape));
    return new VideoResult(
        videos, latents, request.frameRate(), noise.seed(), settings(), state, timings);
  }

  private Map<String, String> settings() {
    Map<String, String> s = new LinkedHashMap<>();
    s.put("model", model.name());
    s.put("prompt", String.join("\n", request.prompts()));
    if (!request.negativePrompts().isEmpty()) {
      s.put("negative_prompt", String.join("\n", request.negativePrompts()));
    }
    s.put(
        "seed",
        request.seeds().length > 0
            ? Arrays.toString(request.seeds()).replaceAll("[\\[\\]]", "")
            : String.valueOf(noise.seed()));
    String name = request.scheduler();
    s.put("scheduler", name == null ? schedulerConfig.className() : Schedulers.className(name));
    s.put("num_inference_steps", String.valueOf(steps()));
    s.put("guidance_scale", String.valueOf(scale));
    s.put("num_frames", String.valueOf((shape.frames() - 1) * kind.temporal() + 1));
    s.put("size", shape.width() * kind.spatial() + "x" + shape.height() * kind.spatial());
    return s;
  }
}
