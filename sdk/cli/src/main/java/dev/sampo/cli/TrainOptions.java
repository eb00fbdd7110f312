package dev.sampo.cli;

import dev.sampo.training.FineTuning;
import dev.sampo.training.data.PictureFolder;
import dev.sampo.training.graph.Backend;
import dev.sampo.training.graph.LoraConfig;
import dev.sampo.training.graph.OptimizerConfig;
import dev.sampo.training.graph.Trainable;
import dev.sampo.training.loss.GanLosses;
import dev.sampo.training.recipe.RecipeOptions;
import dev.sampo.training.run.Schedule;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The options of {@code sampo train}, in the groups that its help shows. */
final class TrainOptions {
  @ArgGroup(validate = false, heading = "%nData%n")
  private Data data = new Data();

  @ArgGroup(validate = false, heading = "%nWhat is trained%n")
  private What what = new What();

  @ArgGroup(validate = false, heading = "%nHow%n")
  private How how = new How();

  @ArgGroup(validate = false, heading = "%nThe run%n")
  private Run run = new Run();

  /** Where examples come from. */
  static final class Data {
    @Option(
        names = "--data",
        paramLabel = "PATH",
        required = true,
        description = {
          "Language models: a text, .jsonl, .csv or .tsv with \"text\", a folder of .txt.",
          "Sequence-to-sequence: .tsv, .csv or .jsonl pairs.",
          "Pictures: a folder of .png and .jpg (one folder a class in it, such as 0/ 1/ ...), or .npy"
              + " [n, height, width] with <name>-labels.npy beside it."
        })
    private @Nullable Path path;

    @Option(
        names = "--columns",
        paramLabel = "NAME",
        split = ",",
        description =
            "Columns or JSON members: of the text, of source and target, or (decoder-only) of prompt"
                + " and answer, of which only the answer counts. Default: text, or source,target.")
    private List<String> columns = List.of();

    @Option(
        names = "--resize",
        description = "Scale the pictures of a folder to the size that the model wants.")
    private boolean resize;

    @Option(
        names = "--transform",
        paramLabel = "KIND",
        description = "Change pictures first: none, invert, slant. Default: none.",
        converter = TransformConverter.class)
    private Transform transform = Transform.NONE;

    @Option(
        names = "--validation",
        paramLabel = "SHARE",
        description = "How much of the data is kept for validation. Default: 0.1.")
    private double validation = 0.1;

    @Option(
        names = "--batch-size",
        paramLabel = "N",
        description = "Examples a step. Default: the family's own.")
    private @Nullable Integer batchSize;

    @Option(
        names = "--length",
        paramLabel = "N",
        description = "Tokens or characters an example. Default: the family's own.")
    private @Nullable Integer length;
  }

  /** Which weights move. */
  static final class What {
    @Option(
        names = "--lora-rank",
        paramLabel = "N",
        description =
            "Train low-rank changes of this rank in place of the weights, merged at the end.")
    private @Nullable Integer loraRank;

    @Option(
        names = "--layers",
        paramLabel = "REGEX",
        description =
            "Train only weights (with --lora-rank: change only weights) in whose names this is"
                + " found. Default: all.")
    private @Nullable String layers;
  }

  /** The optimizer. */
  static final class How {
    @Option(
        names = "--optimizer",
        paramLabel = "KIND",
        description = "adamw or sgd. Default: adamw.",
        converter = OptimizerConverter.class)
    private OptimizerConfig.Kind optimizer = OptimizerConfig.Kind.ADAMW;

    @Option(names = "--momentum", paramLabel = "X", description = "Of sgd. Default: 0.")
    private double momentum;

    @Option(
        names = "--learning-rate",
        paramLabel = "RATE",
        description = "The highest rate. Default: the family's own.")
    private @Nullable Double learningRate;

    @Option(
        names = "--schedule",
        paramLabel = "KIND",
        description = "constant, linear or cosine. Default: the family's own.",
        converter = ScheduleConverter.class)
    private Schedule.@Nullable Kind schedule;

    @Option(
        names = "--warm-up",
        paramLabel = "N",
        description = "Steps over which the rate rises to its height. Default: the family's own.")
    private @Nullable Long warmUp;

    @Option(
        names = "--weight-decay",
        paramLabel = "X",
        description = "Default: 0.01 (adamw), 0 (sgd).")
    private @Nullable Double weightDecay;

    @Option(
        names = "--no-decay-vectors",
        description = "Biases and the scales of normalizations do not decay.")
    private boolean noDecayVectors;

    @Option(
        names = "--max-grad-norm",
        paramLabel = "X",
        description = "Longer gradients are scaled down to it; 0 does not clip. Default: 1.")
    private double maxGradNorm = 1;

    @Option(
        names = "--accumulation",
        paramLabel = "N",
        description = "Batches whose gradients are averaged for one update. Default: 1.")
    private int accumulation = 1;

    @Option(
        names = "--ema",
        paramLabel = "DECAY",
        description = "Keep a moving average of the weights and export that, such as 0.99.")
    private double ema;

    @Option(
        names = "--gan-loss",
        paramLabel = "KIND",
        description = "hinge, non-saturating or wasserstein. Default: hinge.",
        converter = GanLossConverter.class)
    private GanLosses ganLoss = GanLosses.HINGE;

    @Option(
        names = "--weight-clip",
        paramLabel = "X",
        description =
            "wasserstein: keep the critic's weights within -X..X after each of its steps. Default:"
                + " 0.01.")
    private double weightClip;

    @Option(
        names = "--loss-weighting",
        paramLabel = "KIND",
        description =
            "Diffusion: balanced (every noise level alike) or min-snr. Default: balanced.",
        converter = WeightingConverter.class)
    private RecipeOptions.LossWeighting lossWeighting = RecipeOptions.LossWeighting.BALANCED;
  }

  /** How long, where to, by what. */
  static final class Run {
    @Option(
        names = "--out",
        paramLabel = "DIR",
        description = "Where results go; needed unless --dry-run is given.")
    private @Nullable Path out;

    @Option(
        names = "--steps",
        paramLabel = "N",
        description = "Updates. Default: the family's own.")
    private @Nullable Long steps;

    @Option(
        names = "--checkpoint-every",
        paramLabel = "N",
        description = "Updates between checkpoints. Default: 50.")
    private long checkpointEvery = 50;

    @Option(
        names = "--keep",
        paramLabel = "N",
        description = "Checkpoints that stay; 0 keeps all. Default: 2.")
    private int keep = 2;

    @Option(
        names = "--evaluate-every",
        paramLabel = "N",
        description =
            "Updates between evaluations on the validation data; 0 evaluates at the end only."
                + " Default: 100.")
    private long evaluateEvery = 100;

    @Option(
        names = "--patience",
        paramLabel = "N",
        description = "Stop after so many evaluations without progress; 0 never does. Default: 0.")
    private int patience;

    @Option(
        names = "--backend",
        paramLabel = "KIND",
        description =
            "plain (graphs of standard operators) or ort-training (ONNX Runtime's training"
                + " session). Default: plain.",
        converter = BackendConverter.class)
    private Backend backend = Backend.PLAIN;

    @Option(
        names = "--seed",
        paramLabel = "N",
        description =
            "Seed of order and noise. Default: drawn, told at the end, kept in the folder.")
    private @Nullable Long seed;

    @Option(
        names = "--threads",
        paramLabel = "N",
        description = "Threads that one graph may use. Default: as many as there are cores.")
    private @Nullable Integer threads;

    @Option(
        names = "--dry-run",
        description = "Print sizes, memory and what would be trained, then stop.")
    private boolean dryRun;

    @Option(names = "--json", description = "Print one JSON document on stdout.")
    private boolean json;
  }

  /** What is done to pictures before training. */
  enum Transform {
    NONE,
    INVERT,
    SLANT
  }

  boolean dryRun() {
    return run.dryRun;
  }

  boolean json() {
    return run.json;
  }

  Transform transform() {
    return data.transform;
  }

  boolean resize() {
    return data.resize;
  }

  Path data() {
    Path path = data.path;
    if (path == null) {
      throw new UsageException("--data is missing: name the file or folder to train on");
    }
    return path;
  }

  Path out() {
    Path out = run.out;
    if (out == null) {
      throw new UsageException("--out is missing: name a folder for the results");
    }
    return out;
  }

  /**
   * What was asked of the recipe.
   *
   * @param pictures decodes picture files
   */
  RecipeOptions recipe(PictureFolder.Reader pictures) {
    atLeast("--batch-size", data.batchSize, 1);
    atLeast("--length", data.length, 1);
    atLeast("--threads", run.threads, 1);
    within("--validation", data.validation, 0, 1);
    return RecipeOptions.of(data())
        .withBatch(data.batchSize == null ? 0 : data.batchSize)
        .withLength(data.length == null ? 0 : data.length)
        .withColumns(data.columns)
        .withPictures(pictures)
        .withValidation(data.validation)
        .withTrainable(trainable())
        .withOptimizer(optimizer())
        .withGanLoss(how.ganLoss)
        .withLossWeighting(how.lossWeighting)
        .withBackend(run.backend)
        .withThreads(run.threads == null ? 0 : run.threads);
  }

  private OptimizerConfig optimizer() {
    atLeast("--accumulation", how.accumulation, 1);
    within("--ema", how.ema, 0, 1);
    within("--momentum", how.momentum, 0, 1);
    within("--max-grad-norm", how.maxGradNorm, 0, Double.POSITIVE_INFINITY);
    within("--weight-clip", how.weightClip, 0, Double.POSITIVE_INFINITY);
    boolean sgd = how.optimizer == OptimizerConfig.Kind.SGD;
    if (how.momentum > 0 && !sgd) {
      throw new UsageException("--momentum belongs to --optimizer sgd");
    }
    if (how.weightClip > 0 && how.ganLoss != GanLosses.WASSERSTEIN) {
      throw new UsageException("--weight-clip belongs to --gan-loss wasserstein");
    }
    OptimizerConfig base = sgd ? OptimizerConfig.sgd() : OptimizerConfig.adamW();
    if (how.weightDecay != null) {
      within("--weight-decay", how.weightDecay, 0, Double.POSITIVE_INFINITY);
      base = base.withWeightDecay(how.weightDecay);
    }
    return base.withMomentum(how.momentum)
        .withDecayVectors(!how.noDecayVectors)
        .withMaxGradNorm(how.maxGradNorm)
        .withAccumulation(how.accumulation)
        .withEmaDecay(how.ema)
        .withWeightClip(how.weightClip);
  }

  private Trainable trainable() {
    try {
      if (what.loraRank != null) {
        atLeast("--lora-rank", what.loraRank, 1);
        LoraConfig lora = LoraConfig.ofRank(what.loraRank);
        return Trainable.lora(what.layers == null ? lora : lora.on(what.layers));
      }
      return what.layers == null ? Trainable.all() : Trainable.matching(what.layers);
    } catch (java.util.regex.PatternSyntaxException e) {
      throw new UsageException("--layers is no regular expression: " + e.getDescription(), e);
    }
  }

  @Nullable Long seed() {
    return run.seed;
  }

  /** Updates that were asked for; 0 for the family's own number. */
  long steps() {
    return run.steps == null ? 0 : run.steps;
  }

  /** The family's schedule with what was asked for in its place. */
  Schedule schedule(Schedule own, long total) {
    atLeast("--warm-up", how.warmUp, 0);
    if (how.learningRate != null && !(how.learningRate > 0)) {
      throw new UsageException("--learning-rate is " + how.learningRate + ", wanted more than 0");
    }
    return new Schedule(
        how.schedule == null ? own.kind() : how.schedule,
        how.learningRate == null ? own.peak() : how.learningRate,
        how.warmUp == null ? own.warmUpSteps() : how.warmUp,
        total,
        own.last());
  }

  /** How long and where to. */
  FineTuning run(FineTuning tuning) {
    atLeast("--checkpoint-every", run.checkpointEvery, 1);
    atLeast("--keep", run.keep, 0);
    atLeast("--evaluate-every", run.evaluateEvery, 0);
    atLeast("--patience", run.patience, 0);
    atLeast("--steps", run.steps, 1);
    if (run.patience > 0 && run.evaluateEvery == 0) {
      throw new UsageException("--patience needs --evaluate-every to be 1 or more");
    }
    FineTuning aimed =
        tuning
            .out(out())
            .checkpoints(run.checkpointEvery, run.keep)
            .evaluation(run.evaluateEvery, run.patience);
    return run.steps == null ? aimed : aimed.steps(run.steps);
  }

  private static void atLeast(String option, @Nullable Number value, long least) {
    if (value != null && value.longValue() < least) {
      throw new UsageException(option + " is " + value + ", wanted " + least + " or more");
    }
  }

  private static void within(String option, double value, double least, double below) {
    if (!(value >= least && value < below)) {
      throw new UsageException(
          option
              + " is "
              + value
              + ", wanted "
              + (Double.isInfinite(below)
                  ? least + " or more"
                  : "at least " + least + " and less than " + below));
    }
  }

  /** Reads the values of an enum in kebab case. */
  abstract static class Words<E extends Enum<E>> implements ITypeConverter<E> {
    private final Class<E> type;

    Words(Class<E> type) {
      this.type = type;
    }

    private static String word(Enum<?> value) {
      return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    @Override
    public E convert(String text) {
      for (E value : type.getEnumConstants()) {
        if (word(value).equals(text.toLowerCase(Locale.ROOT))) {
          return value;
        }
      }
      throw new TypeConversionException(
          "'"
              + text
              + "' is none of "
              + Arrays.stream(type.getEnumConstants())
                  .map(Words::word)
                  .collect(Collectors.joining(", ")));
    }
  }

  static final class TransformConverter extends Words<Transform> {
    TransformConverter() {
      super(Transform.class);
    }
  }

  static final class BackendConverter extends Words<Backend> {
    BackendConverter() {
      super(Backend.class);
    }
  }

  static final class OptimizerConverter extends Words<OptimizerConfig.Kind> {
    OptimizerConverter() {
      super(OptimizerConfig.Kind.class);
    }
  }

  static final class ScheduleConverter extends Words<Schedule.Kind> {
    ScheduleConverter() {
      super(Schedule.Kind.class);
    }
  }

  static final class GanLossConverter extends Words<GanLosses> {
    GanLossConverter() {
      super(GanLosses.class);
    }
  }

  static final class WeightingConverter extends Words<RecipeOptions.LossWeighting> {
    WeightingConverter() {
      super(RecipeOptions.LossWeighting.class);
    }
  }
}
