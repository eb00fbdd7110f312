package dev.sampo.video;

import dev.sampo.Timings;
import dev.sampo.error.CancelledException;
import dev.sampo.error.RequestException;
import dev.sampo.internal.DenoiserCall;
import dev.sampo.internal.Denoising;
import dev.sampo.internal.RandomStreams;
import dev.sampo.internal.SchedulerFiles;
import dev.sampo.picture.PictureBatch;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.Shape;
import dev.sampo.samplers.diffusion.DiffusionRun;
import dev.sampo.samplers.diffusion.RunOptions;
import dev.sampo.samplers.diffusion.SampleShape;
import dev.sampo.samplers.diffusion.Scheduler;
import dev.sampo.samplers.diffusion.SchedulerConfig;
import dev.sampo.samplers.diffusion.solver.Schedulers;
import dev.sampo.specs.ImageFormat;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One request at work on a model in pixel space: start, loop, frames. */
final class PixelVideoJob {
  private static final int STEPS = 50;

  private final PixelVideoPipeline model;
  private final VideoRequest request;
  private final CancellationToken token;
  private final VideoShape shape;
  private final RandomStreams noise;
  private final SchedulerConfig schedulerConfig;
  private final Scheduler scheduler;
  private final long[] labels;
  private final int steps;
  private final boolean guided;
  private final double scale;
  private final float[] both;
  private final float[] out;
  private final long begin = System.nanoTime();
  private long loopBegin;
  private long loopEnd;

  PixelVideoJob(PixelVideoPipeline model, VideoRequest request) {
    this.model = model;
    this.request = request;
    this.token = request.cancellation();
    if (!request.prompts().isEmpty()) {
      throw new RequestException(
          "prompt", model.name() + " takes no prompt: leave it out, or give a class label.");
    }
    int[] asked = request.classLabels();
    int batch = Math.max(request.count(), asked.length);
    this.shape =
        new VideoShape(
            batch,
            model.channels(),
            side("numFrames", 2, "num_frames", request.numFrames(), 16),
            side("heightPx", 3, "sample_size", request.heightPx(), 64),
            side("widthPx", 4, "sample_size", request.widthPx(), 64));
    this.labels = labels(asked, batch);
    VideoState saved = request.resume();
    Long seed = request.seed() == null && saved != null ? (Long) saved.seed() : request.seed();
    this.noise = new RandomStreams(seed, request.seeds(), batch);
    SchedulerConfig own = request.schedulerConfig();
    this.schedulerConfig = own == null ? model.schedulerConfig() : own;
    this.scheduler =
        SchedulerFiles.scheduler(model.folder, schedulerConfig, request.scheduler(), own == null);
    Integer wanted = request.numInferenceSteps();
    this.steps = wanted == null ? (int) model.preset("num_inference_steps", STEPS) : wanted;
    Double guidance = request.guidanceScale();
    this.scale = guidance == null ? model.preset("guidance_scale", 1) : guidance;
    this.guided = scale > 1 && nullClass() >= 0;
    if (scale > 1 && !guided && guidance != null) {
      throw new RequestException(
          "guidanceScale",
          model.name()
              + " names no null class (class_conditioning.null_class in sampo-card.json), so it"
              + " cannot be guided by class.");
    }
    this.out = new float[shape.length()];
    this.both = new float[guided ? 2 * out.length : 0];
  }

  /** A side of the clips; a graph that insists on another is the request's fault. */
  private int side(String option, int axis, String key, @Nullable Integer asked, int fallback) {
    int is = model.side(axis, key, asked, fallback);
    if (asked != null && asked != is) {
      throw new RequestException(
          option,
          model.name() + " makes clips whose " + option + " is " + is + ", got " + asked + ".");
    }
    return is;
  }

  private int nullClass() {
    if (!model.takesClasses() || model.classConditioning == null) {
      return -1;
    }
    Integer index = model.classConditioning.nullClass();
    return index == null ? -1 : index;
  }

  private long[] labels(int[] asked, int batch) {
    if (!model.takesClasses()) {
      if (asked.length > 0) {
        throw new RequestException("classLabel", model.name() + " takes no class labels.");
      }
      return new long[0];
    }
    int classes = model.classConditioning == null ? 0 : model.classConditioning.numClasses();
    if (asked.length == 0 && classes == 0) {
      throw new RequestException("classLabel", model.name() + " wants a class label.");
    }
    if (asked.length > 1 && asked.length != batch) {
      throw new RequestException(
          "classLabel",
          "Got " + asked.length + " class labels for " + batch + " clips; give one or all.");
    }
    long[] out = new long[batch];
    for (int i = 0; i < batch; i++) {
      int label = asked.length == 0 ? i % classes : asked[asked.length == 1 ? 0 : i];
      if (label < 0 || (classes > 0 && label >= classes && label != nullClass())) {
        throw new RequestException(
            "classLabel",
            model.name() + " has the classes 0 to " + (classes - 1) + ", got " + label + ".");
      }
      out[i] = label;
    }
    return out;
  }

  VideoResult generate() {
    SampleShape sample = new SampleShape(shape.batch(), shape.channels(), shape.area());
    DiffusionRun run = scheduler.start(RunOptions.steps(steps), sample, noise.source());
    float[] x = noise.randn(shape.length());
    VideoState saved = request.resume();
    if (saved != null) {
      x = saved.restored(shape.length(), run, noise);
    }
    Shape in = shape.shape(guided ? 2 * shape.batch() : shape.batch());
    try (DenoiserCall call = new DenoiserCall(model.unet, "sample", in, "out_sample", in)) {
      call.bind("class_labels", Shape.of(in.dim(0)), told());
      return run(run, call, x);
    }
  }

  /** The class of each row; the rows of no class go before those that guide away from them. */
  private long[] told() {
    if (!guided) {
      return labels;
    }
    long[] all = new long[2 * labels.length];
    Arrays.fill(all, 0, labels.length, nullClass());
    System.arraycopy(labels, 0, all, labels.length, labels.length);
    return all;
  }

  private VideoResult run(DiffusionRun run, DenoiserCall call, float[] x) {
    int first = run.index();
    loopBegin = System.nanoTime();
    try {
      Denoising.walk(
          run,
          x,
          (input, t) -> predict(call, input, t),
          (t, original) -> tell(run, x, original, t),
          token,
          model.name() + " with " + schedulerConfig.className());
      loopEnd = System.nanoTime();
      token.throwIfCancelled();
      return result(run, call, x, frames(x.clone()), null, first);
    } catch (CancelledException e) {
      loopEnd = System.nanoTime();
      throw new CancelledException(
          "Cancelled at step " + run.index() + " of " + run.schedule().callCount(),
          e,
          result(run, call, x, Collections.emptyList(), state(run, x), first));
    }
  }

  private float[] predict(DenoiserCall call, float[] input, double t) {
    int n = input.length;
    call.set(0, input, 0, n);
    if (!guided) {
      call.run(t, out, token);
      return out;
    }
    call.set(n, input, 0, n);
    call.run(t, both, token);
    int width = shape.sampleLength();
    Denoising.guide(both, 0, both, n, out, shape.batch(), width, width, scale);
    return out;
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
                () -> shape.split(x),
                () -> frames(original.clone()).get(0).pixels(shape.frames() / 2),
                () -> state(run, x)));
  }

  /** Frames in 0..1, one batch a clip; changes its argument. */
  private List<PictureBatch> frames(float[] x) {
    for (int j = 0; j < x.length; j++) {
      double unit = (x[j] - model.low) / (model.high - model.low);
      x[j] = (float) Math.max(0, Math.min(1, unit));
    }
    List<PictureBatch> clips = new ArrayList<>();
    ImageFormat unit = new ImageFormat(shape.channels(), shape.height(), shape.width(), 0, 1);
    for (PictureBatch clip : shape.split(x)) {
      clips.add(
          PictureBatch.of(shape.frames(), shape.height(), shape.width(), unit, clip.toArray()));
    }
    return clips;
  }

  private VideoResult result(
      DiffusionRun run,
      DenoiserCall call,
      float[] x,
      List<PictureBatch> videos,
      @Nullable VideoState state,
      int first) {
    Timings timings =
        new Timings(
            model.loadMillis,
            (loopBegin - begin) / 1e6,
            (loopEnd - loopBegin) / 1e6,
            call.nanos() / 1e6,
            (System.nanoTime() - begin) / 1e6,
            run.index() - first);
    return new VideoResult(
        videos, shape.split(x), request.frameRate(), noise.seed(), settings(), state, timings);
  }

  private Map<String, String> settings() {
    Map<String, String> s = new LinkedHashMap<>();
    s.put("model", model.name());
    if (labels.length > 0) {
      s.put("class_labels", listed(labels));
    }
    s.put(
        "seed",
        request.seeds().length > 0 ? listed(request.seeds()) : String.valueOf(noise.seed()));
    String name = request.scheduler();
    s.put("scheduler", name == null ? schedulerConfig.className() : Schedulers.className(name));
    s.put("num_inference_steps", String.valueOf(steps));
    s.put("guidance_scale", String.valueOf(guided ? scale : 1.0));
    s.put("num_frames", String.valueOf(shape.frames()));
    s.put("size", shape.width() + "x" + shape.height());
    return s;
  }

  private static String listed(long[] values) {
    return Arrays.toString(values).replaceAll("[\\[\\]]", "");
  }
}
