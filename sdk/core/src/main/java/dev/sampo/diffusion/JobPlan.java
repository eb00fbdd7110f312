package dev.sampo.diffusion;

import dev.sampo.error.RequestException;
import dev.sampo.internal.SchedulerFiles;
import dev.sampo.internal.Sizes;
import dev.sampo.picture.PictureBatch;
import dev.sampo.picture.Pixels;
import dev.sampo.samplers.diffusion.RunOptions;
import dev.sampo.samplers.diffusion.Schedule;
import dev.sampo.samplers.diffusion.Scheduler;
import dev.sampo.samplers.diffusion.SchedulerConfig;
import dev.sampo.samplers.diffusion.solver.FlowMatchEulerDiscreteScheduler;
import dev.sampo.samplers.diffusion.solver.Schedulers;
import java.util.Map;

/** A request resolved against a model, once: batch, sizes, scheduler, steps, guidance. Immutable; refuses what does not go together. */
final class JobPlan {
  final DiffusionModel model;
  final DiffusionRequest request;

  /** Prompts or classes. */
  final int rows;

  /** Pictures. */
  final int batch;

  final int heightPx;
  final int widthPx;

  /** Of the sample. */
  final int channels;

  final int height;
  final int width;
  final SchedulerConfig schedulerConfig;

  JobPlan(DiffusionModel model, DiffusionRequest request) {
    this.model = model;
    this.request = request;
    this.rows = rows();
    this.batch = Sizes.elements("count", "Pictures", rows, request.count());
    this.heightPx = sizePx(false);
    this.widthPx = sizePx(true);
    this.channels = model.sampleChannels();
    this.height = heightPx / model.factor();
    this.width = widthPx / model.factor();
    // Three channels of pixels as well, twice where they are guided.
    Sizes.elements("heightPx", "Pictures", 2, batch, channels, height, width);
    Sizes.elements("heightPx", "Pictures", batch, 3, heightPx, widthPx);
    this.schedulerConfig = config();
  }

  int sampleLength() {
    return batch * channels * height * width;
  }

  /** The sample's shape, for messages. */
  String shape() {
    return "[" + batch + ", " + channels + ", " + height + ", " + width + "]";
  }

  PictureBatch latents(float[] x) {
    return PictureBatch.of(batch, channels, height, width, x);
  }

  // ---- what the batch is

  private int rows() {
    PromptFeatures features = request.features();
    int prompts = features != null ? features.batch() : request.prompts().size();
    if (features == null) {
      requirePrompts(prompts);
    }
    requireLabels();
    requireOneOrEach("prompt2", request.prompts2().size(), prompts);
    requireOneOrEach("prompt3", request.prompts3().size(), prompts);
    requireOneOrEach("negativePrompt", request.negativePrompts().size(), prompts);
    requireOneOrEach("negativePrompt2", request.negativePrompts2().size(), prompts);
    requireOneOrEach("negativePrompt3", request.negativePrompts3().size(), prompts);
    return Math.max(1, Math.max(prompts, request.classLabels().length));
  }

  private void requirePrompts(int prompts) {
    if (prompts > 0 && !model.takesText()) {
      model.promptEncoder();
    }
    if (prompts == 0 && model.takesText()) {
      throw new RequestException("prompt", "The model " + model.name() + " wants a prompt.");
    }
    if (model.takesText()) {
      PromptEncoder encoder = model.promptEncoder();
      encoder.requireTower("prompt2", 1, request.prompts2());
      encoder.requireTower("prompt3", 2, request.prompts3());
      encoder.requireTower("negativePrompt2", 1, request.negativePrompts2());
      encoder.requireTower("negativePrompt3", 2, request.negativePrompts3());
    }
  }

  private void requireLabels() {
    int labels = request.classLabels().length;
    if (labels > 0 && !model.takesClasses()) {
      throw new RequestException(
          "classLabel", "The model " + model.name() + " takes no class labels.");
    }
    if (model.takesClasses()
        && labels == 0
        && model.nullClass() < 0
        && model.classCount() < 0
        && !model.takesText()) {
      throw new RequestException(
          "classLabel", "The model " + model.name() + " wants a class label.");
    }
    int count = model.classCount();
    for (int label : request.classLabels()) {
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
  }

  private static void requireOneOrEach(String option, int given, int prompts) {
    if (given > 1 && given != prompts) {
      String what = option.startsWith("negative") ? "negative prompts" : "second prompts";
      throw new RequestException(
          option,
          "There are "
              + given
              + " "
              + what
              + " for "
              + prompts
              + " prompts. Give one, or one for each.");
    }
  }

  private int sizePx(boolean forWidth) {
    Pixels image = request.image();
    PictureBatch clean = request.imageLatents();
    PictureBatch given = request.initialNoise();
    PictureBatch saved = clean != null ? clean : given;
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
      px = (forWidth ? saved.widthPx() : saved.heightPx()) * model.factor();
    } else {
      px = asked != null ? asked : model.defaultPx(forWidth);
    }
    Checks.multiple(option, px, model.sizeMultiplePx());
    return px;
  }

  /** Whether pictures are of classes, asked for or all in turn. */
  private boolean hasClasses() {
    return request.classLabels().length > 0 || model.classCount() > 0;
  }

  /** The class of a picture; the null class, or 0, where there is none. */
  long label(int picture) {
    int[] asked = request.classLabels();
    if (asked.length > 0) {
      return asked[asked.length == 1 ? 0 : picture / request.count()];
    }
    return !model.takesText() && model.classCount() > 0
        ? picture % model.classCount()
        : Math.max(0, model.nullClass());
  }

  // ---- what the steps are

  private SchedulerConfig config() {
    SchedulerConfig config = request.schedulerConfig();
    if (config == null) {
      config = model.schedulerConfig();
    }
    for (Map.Entry<String, Object> option : request.schedulerOptions().entrySet()) {
      config = config.with(option.getKey(), option.getValue());
      if (config.unknownKeys().contains(option.getKey())) {
        throw new RequestException(
            "schedulerOption",
            "No scheduler has the key '"
                + option.getKey()
                + "'; keys are spelled as in scheduler_config.json, such as timestep_spacing.");
      }
    }
    return config;
  }

  String schedulerName() {
    String name = request.scheduler();
    return name == null ? schedulerConfig.className() : Schedulers.className(name);
  }

  Scheduler scheduler() {
    boolean ofFile = request.schedulerConfig() == null && request.schedulerOptions().isEmpty();
    return SchedulerFiles.scheduler(model.folder(), schedulerConfig, request.scheduler(), ofFile);
  }

  int steps() {
    Integer steps = request.numInferenceSteps();
    return steps != null ? steps : model.defaultSteps();
  }

  /** The steps, and where a run that starts from a picture begins. */
  RunOptions options(Scheduler scheduler) {
    double[] times = request.timesteps();
    double[] sigmas = request.sigmas();
    RunOptions options =
        sigmas != null
            ? RunOptions.sigmas(sigmas)
            : times != null ? RunOptions.timesteps(times) : model.architecture().schedule(steps());
    if (scheduler instanceof FlowMatchEulerDiscreteScheduler flow && flow.needsMu()) {
      options = options.withMu(flow.mu((height / 2) * (width / 2)));
    }
    options =
        options.withEta(request.eta()).withUseClippedModelOutput(request.usesClippedModelOutput());
    if (request.image() == null && request.imageLatents() == null) {
      return options;
    }
    Schedule schedule = scheduler.schedule(options);
    RunOptions begun =
        options.withBeginIndex(schedule.beginIndex(options.stepCount(), request.strength()));
    if (begun.beginIndex() >= schedule.callCount() && request.strength() > 0) {
      throw new RequestException(
          "strength",
          "A strength of "
              + request.strength()
              + " of "
              + options.stepCount()
              + " steps leaves none. Ask for more steps or a higher strength.");
    }
    return begun;
  }

  /** The guidance scale, 1 where a class model cannot be guided. */
  double guidanceScale() {
    Double asked = request.guidanceScale();
    double scale = asked != null ? asked : model.defaultGuidance();
    if (!model.takesClasses() || model.takesText()) {
      return scale;
    }
    if (model.nullClass() < 0 && scale > 1 && asked != null) {
      throw new RequestException(
          "guidanceScale",
          "The model "
              + model.name()
              + " names no null class (class_conditioning.null_class in sampo-card.json), so it"
              + " cannot be guided by class.");
    }
    return hasClasses() && model.nullClass() >= 0 ? scale : 1.0;
  }
}
