package dev.sampo.diffusion;

import dev.sampo.error.RequestException;
import dev.sampo.picture.Pixels;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.Shape;
import dev.sampo.samplers.diffusion.DiffusionRun;
import dev.sampo.samplers.diffusion.RunOptions;
import dev.sampo.samplers.diffusion.SampleShape;
import dev.sampo.samplers.diffusion.Schedule;
import dev.sampo.samplers.diffusion.Scheduler;
import dev.sampo.samplers.diffusion.SchedulerConfig;
import dev.sampo.samplers.diffusion.solver.FlowMatchEulerDiscreteScheduler;
import dev.sampo.samplers.diffusion.solver.Schedulers;
import dev.sampo.samplers.random.NoiseSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One request at work: text, start, loop, pictures, in that order. Longer than most files because the order of the draws, which spans
 * all of it, has to be seen in one place.
 */
final class DiffusionJob {
  private static final float MASK_EDGE = 0.5f;

  private final DiffusionModel model;
  private final DiffusionRequest request;
  private final CancellationToken token;
  private final int rows;
  private final int batch;
  private final int heightPx;
  private final int widthPx;
  private final int channels;
  private final int height;
  private final int width;
  private final JobNoise noise;
  private final SchedulerConfig schedulerConfig;

  DiffusionJob(DiffusionModel model, DiffusionRequest request, CancellationToken token) {
    this.model = model;
    this.request = request;
    this.token = token;
    this.rows = rows(model, request);
    this.batch = rows * request.count();
    this.heightPx = sizePx(false);
    this.widthPx = sizePx(true);
    this.channels = model.sampleChannels();
    this.height = heightPx / model.factor();
    this.width = widthPx / model.factor();
    this.noise = new JobNoise(request, batch);
    this.schedulerConfig = schedulerConfig();
  }

  // ---- what is asked for

  private static int rows(DiffusionModel model, DiffusionRequest r) {
    PromptFeatures features = r.features();
    int prompts = features != null ? features.batch() : r.prompts().size();
    if (prompts > 0 && !model.takesText() && features == null) {
      model.promptEncoder();
    }
    if (prompts == 0 && model.takesText()) {
      throw new RequestException("prompt", "The model " + model.name() + " wants a prompt.");
    }
    int labels = r.classLabels().length;
    if (labels > 0 && !model.takesClasses()) {
      throw new RequestException(
          "classLabel", "The model " + model.name() + " takes no class labels.");
    }
    if (model.takesClasses() && labels == 0 && model.nullClass() < 0 && !model.takesText()) {
      throw new RequestException(
          "classLabel",
          "The model "
              + model.name()
              + " wants a class label"
              + (model.classCount() > 0 ? " from 0 to " + (model.classCount() - 1) : "")
              + ".");
    }
    for (int label : r.classLabels()) {
      int count = model.classCount();
      if (label < 0 || (count > 0 && label >= count && label != model.nullClass())) {
        throw new RequestException(
            "classLabel",
            "The model "
                + model.name()
                + " has the classes 0 to "
                + (count - 1)
                + ", got "
                + label
                + ".");
      }
    }
    int negatives = r.negativePrompts().size();
    if (negatives > 1 && negatives != prompts) {
      throw new RequestException(
          "negativePrompt",
          "There are "
              + negatives
              + " negative prompts for "
              + prompts
              + " prompts. Give one, or one for each.");
    }
    return Math.max(1, Math.max(prompts, labels));
  }

  private int sizePx(boolean forWidth) {
    Pixels image = request.image();
    Latents clean = request.imageLatents();
    Latents given = request.initialNoise();
    Latents saved = clean != null ? clean : given;
    Integer asked = forWidth ? request.widthPx() : request.heightPx();
    String option = forWidth ? "widthPx" : "heightPx";
    int px;
    if (image != null) {
      px = forWidth ? image.widthPx() : image.heightPx();
      if (asked != null && asked != px) {
        throw new RequestException(
            option,
            "The image's "
                + option
                + " is "
                + px
                + ", the request's "
                + asked
                + ". Resize the image, or leave the size out.");
      }
    } else if (saved != null) {
      px = (forWidth ? saved.width() : saved.height()) * model.factor();
    } else {
      px = asked != null ? asked : model.defaultPx(forWidth);
    }
    Checks.multiple(option, px, model.sizeMultiplePx());
    return px;
  }

  private SchedulerConfig schedulerConfig() {
    SchedulerConfig config = request.schedulerConfig();
    if (config == null) {
      config = model.schedulerConfig();
    }
    for (Map.Entry<String, Object> option : request.schedulerOptions().entrySet()) {
      config = config.with(option.getKey(), option.getValue());
    }
    return config;
  }

  private Scheduler scheduler() {
    String name = request.scheduler();
    return name == null
        ? Schedulers.fromConfig(schedulerConfig)
        : Schedulers.fromConfig(schedulerConfig, name);
  }

  private RunOptions options(Scheduler scheduler) {
    double[] times = request.timesteps();
    double[] sigmas = request.sigmas();
    Integer steps = request.numInferenceSteps();
    int n = steps != null ? steps : model.defaultSteps();
    RunOptions options;
    if (sigmas != null) {
      options = RunOptions.sigmas(sigmas);
    } else if (times != null) {
      options = RunOptions.timesteps(times);
    } else if (model.kind() == ModelKind.FLUX) {
      double[] even = new double[n];
      for (int i = 0; i < n; i++) {
        even[i] = n == 1 ? 1 : 1 + i * ((1.0 / n - 1) / (n - 1));
      }
      options = RunOptions.sigmas(even);
    } else {
      options = RunOptions.steps(n);
    }
    if (scheduler instanceof FlowMatchEulerDiscreteScheduler flow && flow.needsMu()) {
      options = options.withMu(flow.mu((height / 2) * (width / 2)));
    }
    return options.withEta(request.eta());
  }

  // ---- running

  DiffusionResult generate() {
    long begin = System.nanoTime();
    Scheduler scheduler = scheduler();
    RunOptions options = options(scheduler);
    boolean fromPicture = request.image() != null || request.imageLatents() != null;
    SampleShape shape = SampleShape.of(batch, channels, height, width);
    if (fromPicture) {
      // A run of one element, only to see the schedule.
      Schedule schedule =
          scheduler.start(options, new SampleShape(1, 1, 1), noise.source()).schedule();
      options =
          options.withBeginIndex(schedule.beginIndex(options.stepCount(), request.strength()));
      requireSteps(schedule, options);
    }
    DiffusionRun run = scheduler.start(options, shape, noise.source());
    double scale = guidanceScale();
    try (Guidance guidance = guidance(scale)) {
      Start start = start(run);
      prepare(guidance, start);
      float[] x = start.sample();
      DiffusionState saved = request.resume();
      if (saved != null) {
        x = resume(saved, run);
      }
      long loop = System.nanoTime();
      loop(run, guidance, start, x);
      long end = System.nanoTime();
      return result(run, guidance, x, scale, begin, loop, end);
    }
  }

  private void requireSteps(Schedule schedule, RunOptions options) {
    if (options.beginIndex() >= schedule.callCount() && request.strength() > 0) {
      throw new RequestException(
          "strength",
          "A strength of "
              + request.strength()
              + " of "
              + options.stepCount()
              + " steps leaves none. Ask for more steps or a higher strength.");
    }
  }

  private float[] resume(DiffusionState saved, DiffusionRun run) {
    float[] x = saved.latents().values();
    if (x.length != run.shape().length()) {
      throw new RequestException(
          "resume",
          "The saved run has "
              + saved.latents()
              + ", the request makes ["
              + batch
              + ", "
              + channels
              + ", "
              + height
              + ", "
              + width
              + "]. Resume with the same request.");
    }
    run.restore(saved.run());
    noise.restore(saved);
    return x;
  }

  private void loop(DiffusionRun run, Guidance guidance, Start start, float[] x) {
    float[] input = new float[x.length];
    float[] answer = new float[guidance.outLength()];
    float[] output = takesVariance() ? answer : new float[x.length];
    float[] original = new float[request.listener() == null ? 0 : x.length];
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
      tell(run, x, original, t);
    }
  }

  private boolean takesVariance() {
    String name =
        request.scheduler() == null
            ? schedulerConfig.className()
            : Schedulers.className(request.scheduler());
    return schedulerConfig.text("variance_type", "").startsWith("learned")
        && (name.startsWith("DDPM") || name.startsWith("DPM") || name.startsWith("SASolver"));
  }

  /** The prediction without the variance that a network may answer with too but the scheduler does not want. */
  private float[] meanOf(float[] answer, float[] output, int length) {
    if (answer.length == length || answer == output) {
      return answer;
    }
    int n = length / batch;
    int stride = answer.length / batch;
    for (int b = 0; b < batch; b++) {
      System.arraycopy(answer, b * stride, output, b * n, n);
    }
    return output;
  }

  /** Puts the kept part back, noised to the next time; not noised after the last call. */
  private void blend(DiffusionRun run, Start start, float[] x, float[] known) {
    float[] clean = java.util.Objects.requireNonNull(start.clean(), "clean");
    run.addNoise(clean, start.noise(), run.index(), known);
    int plane = height * width;
    for (int b = 0; b < batch; b++) {
      for (int c = 0; c < channels; c++) {
        int at = (b * channels + c) * plane;
        for (int j = 0; j < plane; j++) {
          float w = start.mask()[b * plane + j];
          x[at + j] = (1 - w) * known[at + j] + w * x[at + j];
        }
      }
    }
  }

  private void tell(DiffusionRun run, float[] x, float[] original, double t) {
    StepListener listener = request.listener();
    if (listener == null) {
      return;
    }
    listener.onStep(
        new DiffusionStep(
            run.index(),
            run.schedule().callCount(),
            t,
            () -> latents(x),
            () -> latents(original),
            () -> noise.save(latents(x), run)));
  }

  private Latents latents(float[] x) {
    return new Latents(batch, channels, height, width, x);
  }

  // ---- start

  private Start start(DiffusionRun run) {
    Pixels image = request.image();
    Latents given = request.imageLatents();
    if (image == null && given == null) {
      float[] z = startNoise();
      return new Start(scaled(z, run), null, z, new float[0], new float[0]);
    }
    boolean inpaint = request.mask() != null;
    boolean extended = inpaint && model.network().channels() > channels;
    boolean whole = inpaint && request.strength() >= 1;
    // Diffusers' order: the picture's posterior, the starting noise, the masked picture's
    // posterior.
    float[] clean =
        extended && whole ? null : given != null ? fit(given).values() : encode(image, null);
    float[] z = startNoise();
    float[] sample;
    if (whole) {
      sample = scaled(z, run);
    } else {
      sample = new float[z.length];
      run.addNoise(java.util.Objects.requireNonNull(clean, "clean"), z, run.index(), sample);
    }
    float[] mask = inpaint ? latentMask() : new float[0];
    float[] masked = new float[0];
    if (inpaint && model.coder() != null) {
      masked = encode(java.util.Objects.requireNonNull(image, "image"), request.mask());
    }
    return new Start(
        sample, clean, z, extended ? new float[0] : mask, extended ? masked : new float[0]);
  }

  private float[] startNoise() {
    Latents given = request.initialNoise();
    if (given != null) {
      return fit(given).values();
    }
    float[] z = new float[batch * channels * height * width];
    noise.source().randn(z);
    return z;
  }

  private float[] scaled(float[] z, DiffusionRun run) {
    float[] x = z.clone();
    double sigma = run.initNoiseSigma();
    if (sigma != 1) {
      for (int j = 0; j < x.length; j++) {
        x[j] = (float) (x[j] * sigma);
      }
    }
    return x;
  }

  /** Latents for the whole batch: as they are, or one for all. */
  private Latents fit(Latents given) {
    if (given.channels() != channels || (given.batch() != batch && given.batch() != 1)) {
      throw new RequestException(
          "latents",
          "The request makes ["
              + batch
              + ", "
              + channels
              + ", "
              + height
              + ", "
              + width
              + "], the given ones are "
              + given
              + ".");
    }
    return given.batch() == batch ? given : given.repeated(batch);
  }

  /** The clean sample of a picture, its masked part grey if there is a mask; a draw for each stream. */
  private float[] encode(Pixels image, @Nullable Pixels mask) {
    PictureCoder coder = model.coder();
    int wanted = coder == null ? channels : 3;
    float[] x = image.withChannels(wanted).toChw(-1, 1);
    if (mask != null) {
      float[] paint = mask.withChannels(1).toChw(0, 1);
      for (int j = 0; j < x.length; j++) {
        x[j] = paint[j % paint.length] < MASK_EDGE ? x[j] : 0;
      }
    }
    if (coder == null) {
      return new Latents(1, channels, height, width, x).repeated(batch).values();
    }
    int draws = noise.isPerPicture() ? batch : 1;
    float[] pictures = new float[x.length * draws];
    for (int b = 0; b < draws; b++) {
      System.arraycopy(x, 0, pictures, b * x.length, x.length);
    }
    Latents drawn = coder.encode(pictures, draws, heightPx, widthPx, noise.source(), token);
    return drawn.repeated(batch / draws).values();
  }

  /** Cut at one half, reduced by taking the top left pixel of each position. */
  private float[] latentMask() {
    Pixels mask = java.util.Objects.requireNonNull(request.mask(), "mask").withChannels(1);
    int f = model.factor();
    float[] out = new float[batch * height * width];
    for (int b = 0; b < batch; b++) {
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
          boolean paint = mask.at(x * f, y * f, 0) / 255f >= MASK_EDGE;
          out[(b * height + y) * width + x] = paint ? 1 : 0;
        }
      }
    }
    return out;
  }

  // ---- the network's tensors

  private double guidanceScale() {
    Double asked = request.guidanceScale();
    double scale = asked != null ? asked : model.defaultGuidance();
    if (model.takesClasses() && !model.takesText()) {
      boolean noClass = request.classLabels().length == 0;
      if (model.nullClass() < 0 && scale > 1 && asked != null) {
        throw new RequestException(
            "guidanceScale",
            "The model "
                + model.name()
                + " names no null class (class_conditioning.null_class in sampo-card.json), so it"
                + " cannot be guided by class.");
      }
      return noClass || model.nullClass() < 0 ? 1.0 : scale;
    }
    return scale;
  }

  /** Whether guidance is made of two predictions; nets with the scale built in need one. */
  private boolean isGuided(double scale) {
    boolean builtIn = model.network().takes("timestep_cond") || model.network().takes("guidance");
    boolean condition = model.takesText() || request.features() != null || model.takesClasses();
    return scale > 1 && !builtIn && condition;
  }

  private Guidance guidance(double scale) {
    boolean guided = isGuided(scale);
    List<NetworkCall> calls = new ArrayList<>();
    try {
      PromptFeatures positive = positive();
      PromptFeatures negative = guided && positive != null ? negative(positive) : null;
      int c = model.network().channels();
      if (guided && request.splitsGuidance()) {
        calls.add(call(calls, batch, c));
        bind(calls.get(0), negative, null, scale, Half.PLAIN);
        calls.add(call(calls, batch, c));
        bind(calls.get(1), positive, null, scale, Half.GUIDED);
      } else if (guided) {
        calls.add(call(calls, 2 * batch, c));
        bind(calls.get(0), negative, positive, scale, Half.BOTH);
      } else {
        calls.add(call(calls, batch, c));
        bind(calls.get(0), positive, null, scale, Half.GUIDED);
      }
      return new Guidance(calls, batch, guided, scale, request.guidanceRescale());
    } catch (RuntimeException e) {
      for (NetworkCall call : calls) {
        call.close();
      }
      throw e;
    }
  }

  private enum Half {
    PLAIN,
    GUIDED,
    BOTH
  }

  private NetworkCall call(List<NetworkCall> others, int n, int c) {
    if (c != channels && c != 2 * channels + 1) {
      throw new RequestException(
          null,
          "The network takes "
              + c
              + " channels; with latents of "
              + channels
              + " it has to take "
              + channels
              + ", or "
              + (2 * channels + 1)
              + " for inpainting.");
    }
    if (c != channels && request.mask() == null) {
      throw new RequestException("mask", "This is an inpainting model: give an image and a mask.");
    }
    return new NetworkCall(model.network(), n, c, height, width);
  }

  private @Nullable PromptFeatures positive() {
    PromptFeatures features = request.features();
    if (features == null && model.takesText()) {
      features = model.promptEncoder().encode(request.prompts(), request.cutsLongPrompts(), token);
    }
    return features == null ? null : features.repeated(request.count());
  }

  private PromptFeatures negative(PromptFeatures positive) {
    PromptFeatures given = request.negativeFeatures();
    if (given != null) {
      return given.batch() == positive.batch() ? given : given.repeated(batch / given.batch());
    }
    PromptFeatures once =
        model
            .promptEncoder()
            .negative(
                request.negativePrompts(), single(positive), request.cutsLongPrompts(), token);
    return once.repeated(request.count());
  }

  /** One row for each prompt again, of features that were repeated for pictures. */
  private PromptFeatures single(PromptFeatures positive) {
    int n = positive.length() * positive.width();
    float[] features = new float[rows * n];
    float[] pooled = new float[rows * positive.pooledWidth()];
    for (int r = 0; r < rows; r++) {
      int from = r * request.count();
      System.arraycopy(positive.features(), from * n, features, r * n, n);
      System.arraycopy(
          positive.pooled(),
          from * positive.pooledWidth(),
          pooled,
          r * positive.pooledWidth(),
          positive.pooledWidth());
    }
    return new PromptFeatures(rows, positive.length(), features, pooled);
  }

  private void bind(
      NetworkCall call,
      @Nullable PromptFeatures first,
      @Nullable PromptFeatures second,
      double scale,
      Half half) {
    int n = half == Half.BOTH ? 2 * batch : batch;
    if (first != null) {
      Shape shape = Shape.of(n, first.length(), first.width());
      call.bind(
          "encoder_hidden_states",
          shape,
          joined(first.features(), second == null ? new float[0] : second.features()));
      float[] pooled = joined(first.pooled(), second == null ? new float[0] : second.pooled());
      if (pooled.length > 0) {
        Shape vector = Shape.of(n, first.pooledWidth());
        call.bind("text_embeds", vector, pooled);
        call.bind("pooled_projections", vector, pooled);
      }
      long[] ones = new long[n * first.length()];
      Arrays.fill(ones, 1);
      call.bind("encoder_attention_mask", Shape.of(n, first.length()), ones);
      call.bind("txt_ids", Shape.of(first.length(), 3), new long[3 * first.length()]);
    }
    call.bind("class_labels", Shape.of(n), labels(half));
    conditions(call, n, scale);
    call.control(request.controlNet());
  }

  private void conditions(NetworkCall call, int n, double scale) {
    float[] ids = new float[n * 6];
    for (int b = 0; b < n; b++) {
      // Original size, crop from the top left, target size.
      System.arraycopy(new float[] {heightPx, widthPx, 0, 0, heightPx, widthPx}, 0, ids, b * 6, 6);
    }
    call.bind("time_ids", Shape.of(n, 6), ids);
    float[] guidance = new float[n];
    Arrays.fill(guidance, (float) scale);
    call.bind("guidance", Shape.of(n), guidance);
    int condition = model.networkConfig().path("time_cond_proj_dim").asInt(0);
    if (condition > 0) {
      call.bind("timestep_cond", Shape.of(n, condition), embedded(scale - 1, n, condition));
    }
    float[] places = new float[3 * (height / 2) * (width / 2)];
    for (int y = 0; y < height / 2; y++) {
      for (int x = 0; x < width / 2; x++) {
        places[3 * (y * (width / 2) + x) + 1] = y;
        places[3 * (y * (width / 2) + x) + 2] = x;
      }
    }
    call.bind("img_ids", Shape.of(places.length / 3, 3), places);
  }

  /** Sines and cosines of 1000 w; Luo et al. 2023, arXiv:2310.04378, section 4.2. */
  private static float[] embedded(double w, int n, int size) {
    float[] out = new float[n * size];
    int half = size / 2;
    for (int k = 0; k < half; k++) {
      double angle = w * 1000 * Math.exp(-Math.log(10000.0) / (half - 1) * k);
      for (int b = 0; b < n; b++) {
        out[b * size + k] = (float) Math.sin(angle);
        out[b * size + half + k] = (float) Math.cos(angle);
      }
    }
    return out;
  }

  private long[] labels(Half half) {
    int[] asked = request.classLabels();
    long[] guided = new long[batch];
    long[] plain = new long[batch];
    Arrays.fill(plain, Math.max(0, model.nullClass()));
    for (int b = 0; b < batch; b++) {
      int row = b / request.count();
      guided[b] =
          asked.length == 0 ? Math.max(0, model.nullClass()) : asked[asked.length == 1 ? 0 : row];
    }
    return switch (half) {
      case PLAIN -> plain;
      case GUIDED -> guided;
      case BOTH -> {
        long[] both = Arrays.copyOf(plain, 2 * batch);
        System.arraycopy(guided, 0, both, batch, batch);
        yield both;
      }
    };
  }

  private static float[] joined(float[] a, float[] b) {
    if (b.length == 0) {
      return a;
    }
    float[] both = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, both, a.length, b.length);
    return both;
  }

  /** Writes the mask and the masked picture behind the sample's channels, once for the whole run. */
  private void prepare(Guidance guidance, Start start) {
    if (start.maskedClean().length == 0) {
      return;
    }
    float[] mask = latentMask();
    int plane = height * width;
    int n = channels * plane;
    int stride = (2 * channels + 1) * plane;
    guidance.forEach(
        (call, copies) -> {
          for (int k = 0; k < copies; k++) {
            for (int b = 0; b < batch; b++) {
              int at = (k * batch + b) * stride + n;
              call.set(at, mask, b * plane, plane);
              call.set(at + plane, start.maskedClean(), b * n, n);
            }
          }
        });
  }

  // ---- inversion

  Latents invert() {
    Pixels image = request.image();
    Latents given = request.imageLatents();
    if (image == null && given == null) {
      throw new RequestException("image", "Inversion wants an image or image latents.");
    }
    Scheduler scheduler = Schedulers.fromConfig(schedulerConfig, "DDIMInverseScheduler");
    Integer steps = request.numInferenceSteps();
    RunOptions options = RunOptions.steps(steps != null ? steps : model.defaultSteps());
    SampleShape shape = SampleShape.of(batch, channels, height, width);
    DiffusionRun run = scheduler.start(options, shape, noise.source());
    Double asked = request.guidanceScale();
    double scale = asked != null ? asked : 1.0;
    float[] x = given != null ? fit(given).values() : mean(image);
    Start start = new Start(x, null, x, new float[0], new float[0]);
    try (Guidance guidance = guidance(scale)) {
      loop(run, guidance, start, x);
    }
    return latents(x);
  }

  /** The mean of a picture's posterior: inversion is to come back to the picture, not to a draw near it. */
  private float[] mean(Pixels image) {
    PictureCoder coder = model.coder();
    if (coder == null) {
      return encode(image, null);
    }
    NoiseSource none = (out, offset, count) -> Arrays.fill(out, offset, offset + count, 0);
    float[] x = image.withChannels(3).toChw(-1, 1);
    return coder.encode(x, 1, heightPx, widthPx, none, token).repeated(batch).values();
  }

  // ---- result

  private DiffusionResult result(
      DiffusionRun run,
      Guidance guidance,
      float[] x,
      double scale,
      long begin,
      long loop,
      long end) {
    Latents latents = latents(x);
    Latents unit = Pictures.toUnit(model.decode(latents, request.tilePx(), token));
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
    s.put(
        "scheduler",
        request.scheduler() == null
            ? schedulerConfig.className()
            : Schedulers.className(request.scheduler()));
    Integer steps = request.numInferenceSteps();
    s.put("num_inference_steps", String.valueOf(steps != null ? steps : model.defaultSteps()));
    s.put("model_calls", String.valueOf(run.schedule().callCount()));
    s.put("guidance_scale", String.valueOf(scale));
    if (request.image() != null || request.imageLatents() != null) {
      s.put("strength", String.valueOf(request.strength()));
    }
    for (Map.Entry<String, Object> option : request.schedulerOptions().entrySet()) {
      s.put(option.getKey(), String.valueOf(option.getValue()));
    }
    s.put("size", widthPx + "x" + heightPx);
    return s;
  }

  private static String text(String list) {
    return list.substring(1, list.length() - 1);
  }
}
