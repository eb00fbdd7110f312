package dev.sampo.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.imaging.Pictures;
import dev.sampo.imaging.Plots;
import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.text.TextGenerator;
import dev.sampo.training.Backend;
import dev.sampo.training.LoraConfig;
import dev.sampo.training.OptimizerConfig;
import dev.sampo.training.Trainable;
import dev.sampo.training.TrainingGraph;
import dev.sampo.training.artifacts.NativeTraining;
import dev.sampo.training.data.PictureSet;
import dev.sampo.training.recipe.Recipe;
import dev.sampo.training.recipe.RecipeOptions;
import dev.sampo.training.recipe.Recipes;
import dev.sampo.training.run.MetricsLog;
import dev.sampo.training.run.RunConfig;
import dev.sampo.training.run.Schedule;
import dev.sampo.training.run.TrainingListener;
import dev.sampo.training.run.TrainingRun;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code sampo train}: fine-tunes a model on data of one's own. */
@Command(
    name = "train",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Fine-tunes a model: vae, gan, diffusion-unet, rnn-lm, decoder-only, attention-seq2seq.",
      "--out gets model/ (an ordinary model folder), metrics.jsonl, loss.png and checkpoints/.",
      "The same command on the same folder goes on where a run was cut off."
    })
final class TrainCommand implements Callable<Integer> {
  private final Console console;

  @Parameters(
      index = "0",
      paramLabel = "MODEL",
      description = "Name of a model that ships, or a folder.")
  private String model = "";

  @Option(
      names = "--data",
      paramLabel = "FILE",
      required = true,
      description =
          "Language models: a text, .jsonl with \"text\", or a folder of .txt;"
              + " sequence-to-sequence: .tsv, .csv or .jsonl pairs; pictures: .npy [n, height,"
              + " width] with <name>-labels.npy beside it.")
  private Path data = Path.of("");

  @Option(names = "--out", paramLabel = "DIR", required = true, description = "Where results go.")
  private Path out = Path.of("");

  @Option(names = "--steps", paramLabel = "N", description = "Updates. Default: the family's own.")
  private @Nullable Long steps;

  @Option(
      names = "--batch-size",
      paramLabel = "N",
      defaultValue = "0",
      description = "Examples a step. Default: the family's own.")
  private int batchSize;

  @Option(
      names = "--length",
      paramLabel = "N",
      defaultValue = "0",
      description = "Tokens or characters an example. Default: the family's own.")
  private int length;

  @Option(
      names = "--learning-rate",
      paramLabel = "RATE",
      description = "Peak rate; warm-up and decay are the family's own. Default: the family's own.")
  private @Nullable Double learningRate;

  @Option(
      names = "--lora-rank",
      paramLabel = "N",
      defaultValue = "0",
      description =
          "Train low-rank changes of this rank in place of the weights, merged at the end.")
  private int loraRank;

  @Option(
      names = "--layers",
      paramLabel = "REGEX",
      description =
          "Train only weights (with --lora-rank: change only weights) in whose names this is"
              + " found.")
  private @Nullable String layers;

  @Option(
      names = "--weight-decay",
      paramLabel = "X",
      defaultValue = "0.01",
      description = "AdamW's weight decay. Default: ${DEFAULT-VALUE}.")
  private double weightDecay;

  @Option(
      names = "--max-grad-norm",
      paramLabel = "X",
      defaultValue = "1",
      description =
          "Longer gradients are scaled down to it; 0 does not clip. Default: ${DEFAULT-VALUE}.")
  private double maxGradNorm;

  @Option(
      names = "--accumulation",
      paramLabel = "N",
      defaultValue = "1",
      description =
          "Batches whose gradients are averaged for one update. Default: ${DEFAULT-VALUE}.")
  private int accumulation;

  @Option(
      names = "--ema",
      paramLabel = "DECAY",
      defaultValue = "0",
      description = "Keep a moving average of the weights and export that, such as 0.99.")
  private double ema;

  @Option(
      names = "--loss-weighting",
      paramLabel = "KIND",
      defaultValue = "balanced",
      description =
          "Diffusion: balanced (every noise level alike) or min-snr. Default: ${DEFAULT-VALUE}.",
      converter = WeightingConverter.class)
  private RecipeOptions.LossWeighting lossWeighting = RecipeOptions.LossWeighting.BALANCED;

  @Option(
      names = "--transform",
      paramLabel = "KIND",
      defaultValue = "none",
      description = "Change pictures first: none, invert, slant. Default: ${DEFAULT-VALUE}.")
  private Transform transform = Transform.NONE;

  @Option(
      names = "--backend",
      paramLabel = "KIND",
      defaultValue = "plain",
      description =
          "plain (graphs of standard operators) or ort-training (ONNX Runtime's training session)."
              + " Default: ${DEFAULT-VALUE}.",
      converter = BackendConverter.class)
  private Backend backend = Backend.PLAIN;

  @Option(
      names = "--checkpoint-every",
      paramLabel = "N",
      defaultValue = "50",
      description = "Updates between checkpoints. Default: ${DEFAULT-VALUE}.")
  private long checkpointEvery;

  @Option(
      names = "--keep",
      paramLabel = "N",
      defaultValue = "2",
      description = "Checkpoints that stay; 0 keeps all. Default: ${DEFAULT-VALUE}.")
  private int keep;

  @Option(
      names = "--evaluate-every",
      paramLabel = "N",
      defaultValue = "100",
      description =
          "Updates between evaluations on the validation data. Default: ${DEFAULT-VALUE}.")
  private long evaluateEvery;

  @Option(
      names = "--patience",
      paramLabel = "N",
      defaultValue = "0",
      description =
          "Stop after so many evaluations without progress; 0 never does. Default:"
              + " ${DEFAULT-VALUE}.")
  private int patience;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Seed of order and noise. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "0",
      description = "Threads that one graph may use. Default: as many as there are cores.")
  private int threads;

  @Option(
      names = "--dry-run",
      description = "Print sizes, memory and what would be trained, then stop.")
  private boolean dryRun;

  @Option(names = "--json", description = "Print one JSON document on stdout.")
  private boolean json;

  TrainCommand(Console console) {
    this.console = console;
  }

  /** What is done to pictures before training. */
  enum Transform {
    NONE,
    INVERT,
    SLANT
  }

  /** Reads {@code plain} and {@code ort-training}. */
  static final class BackendConverter implements picocli.CommandLine.ITypeConverter<Backend> {
    @Override
    public Backend convert(String value) {
      return Backend.valueOf(value.toUpperCase(Locale.ROOT).replace('-', '_'));
    }
  }

  /** Reads {@code balanced} and {@code min-snr}. */
  static final class WeightingConverter
      implements picocli.CommandLine.ITypeConverter<RecipeOptions.LossWeighting> {
    @Override
    public RecipeOptions.LossWeighting convert(String value) {
      return RecipeOptions.LossWeighting.valueOf(value.toUpperCase(Locale.ROOT).replace('-', '_'));
    }
  }

  @Override
  public Integer call() throws IOException {
    NativeTraining.install();
    Path folder = ShippedModels.ofHome().resolve(model);
    Recipe recipe = recipe(folder);
    if (dryRun) {
      describe(recipe);
      return ExitCode.OK;
    }
    long total = steps != null ? steps : recipe.defaultSteps();
    Schedule schedule = recipe.defaultSchedule(total);
    if (learningRate != null) {
      schedule =
          new Schedule(
              schedule.kind(), learningRate, schedule.warmUpSteps(), total, schedule.last());
    }
    RunConfig config =
        RunConfig.of(out, total, schedule)
            .withCheckpoints(checkpointEvery, keep)
            .withEvaluation(evaluateEvery, patience);
    TrainingRun.Outcome outcome;
    try (Console.Progress bar = console.progress("training", total)) {
      outcome =
          new TrainingRun(config, listener(bar))
              .run(recipe.fingerprint(), recipe::open, console.cancellation());
    }
    plot();
    if (outcome.cancelled()) {
      console.note(
          String.format(
              Locale.ROOT,
              "sampo: cancelled after step %d of %d; the same command goes on from there",
              outcome.step(),
              total));
      return ExitCode.CANCELLED;
    }
    recipe.export(outcome.states(), out.resolve("model"));
    report(outcome);
    return ExitCode.OK;
  }

  private Recipe recipe(Path folder) throws IOException {
    RecipeOptions options =
        RecipeOptions.of(data)
            .withBatch(batchSize)
            .withLength(length)
            .withTrainable(trainable())
            .withOptimizer(
                OptimizerConfig.adamW()
                    .withWeightDecay(weightDecay)
                    .withMaxGradNorm(maxGradNorm)
                    .withAccumulation(accumulation)
                    .withEmaDecay(ema))
            .withBackend(backend)
            .withThreads(threads)
            .withSeed(seed)
            .withLossWeighting(lossWeighting);
    if (transform == Transform.NONE) {
      return Recipes.of(folder, options, text -> tokens(folder, text));
    }
    PictureSet pictures = PictureSet.ofNpy(data);
    pictures = transform == Transform.INVERT ? pictures.inverted() : pictures.slanted(0.5);
    Family family = ModelFolder.open(folder).family();
    return Recipes.ofPictures(folder, family, pictures, options);
  }

  private Trainable trainable() {
    if (loraRank > 0) {
      LoraConfig lora = LoraConfig.ofRank(loraRank);
      return Trainable.lora(layers == null ? lora : lora.on(layers));
    }
    return layers == null ? Trainable.all() : Trainable.matching(layers);
  }

  private static int[] tokens(Path folder, String text) {
    try (TextGenerator generator = TextGenerator.load(folder, SessionConfig.builder().build())) {
      return generator.encode(text);
    }
  }

  private TrainingListener listener(Console.Progress bar) {
    return new TrainingListener() {
      @Override
      public void onStep(long step, long of, Map<String, Float> numbers) {
        bar.stepTo(step);
        if (step == 1 || step % 50 == 0) {
          console.note(
              String.format(Locale.ROOT, "step %d/%d loss %.4f", step, of, numbers.get("loss")));
        }
      }

      @Override
      public void onEvaluation(long step, Map<String, Float> numbers) {
        console.note("step " + step + " validation " + numbers);
      }
    };
  }

  private void describe(Recipe recipe) {
    ObjectNode document = JsonNodeFactory.instance.objectNode();
    document.put("model", model).put("default_steps", recipe.defaultSteps());
    for (Map.Entry<String, TrainingGraph> entry : recipe.graphs().entrySet()) {
      TrainingGraph graph = entry.getValue();
      ObjectNode node = document.putObject(entry.getKey());
      node.put("forward_nodes", graph.nodeCounts()[0]);
      node.put("training_nodes", graph.nodeCounts()[1]);
      node.put("trainable_parameters", graph.parameterCount());
      node.put("trainable_weights", graph.parameters().size());
      // Weights, gradients and two moments, each double-buffered.
      node.put("state_bytes", graph.parameterCount() * 4 * 8);
      node.put("activation_bytes", graph.activationBytes());
      node.put("inputs", graph.inputs().toString());
    }
    if (json) {
      console.json(document);
      return;
    }
    for (Map.Entry<String, JsonNode> entry : document.properties()) {
      if (!entry.getValue().isObject()) {
        console.out().println(entry.getKey() + ": " + entry.getValue().asText());
        continue;
      }
      console.out().println(entry.getKey() + ":");
      entry
          .getValue()
          .properties()
          .forEach(e -> console.out().println("  " + e.getKey() + ": " + e.getValue().asText()));
    }
  }

  private void plot() throws IOException {
    List<JsonNode> log = MetricsLog.read(out.resolve("metrics.jsonl"));
    double[] losses =
        log.stream()
            .filter(line -> line.path("split").asText().equals("train"))
            .mapToDouble(line -> line.path("loss").asDouble())
            .toArray();
    if (losses.length > 0) {
      Map<String, double[]> series = new LinkedHashMap<>();
      series.put("training", losses);
      Pictures.writePng(out.resolve("loss.png"), Plots.lines(model, "step", "loss", series));
    }
  }

  private void report(TrainingRun.Outcome outcome) throws IOException {
    JsonNode before = null;
    for (JsonNode line : MetricsLog.read(out.resolve("metrics.jsonl"))) {
      if (before == null && line.path("split").asText().equals("validation")) {
        before = line;
      }
    }
    ObjectNode document = JsonNodeFactory.instance.objectNode();
    document.put("model", out.resolve("model").toString());
    document.put("steps", outcome.step()).put("stopped_early", outcome.stoppedEarly());
    if (before != null && before.path("step").asLong() == 0) {
      ObjectNode start = document.putObject("validation_before");
      before
          .properties()
          .forEach(
              e -> {
                if (e.getValue().isNumber() && !e.getKey().equals("step")) {
                  start.set(e.getKey(), e.getValue());
                }
              });
    }
    ObjectNode end = document.putObject("validation_after");
    outcome.evaluation().forEach(end::put);
    if (json) {
      console.json(document);
    } else {
      document
          .properties()
          .forEach(
              e ->
                  console
                      .out()
                      .println(
                          e.getKey()
                              + ": "
                              + (e.getValue().isValueNode()
                                  ? e.getValue().asText()
                                  : e.getValue().toString())));
    }
  }
}
