package dev.sampo.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.error.CancelledException;
import dev.sampo.imaging.Pictures;
import dev.sampo.imaging.Plots;
import dev.sampo.picture.Pixels;
import dev.sampo.training.FineTuned;
import dev.sampo.training.FineTuning;
import dev.sampo.training.TrainingStep;
import dev.sampo.training.data.PictureSet;
import dev.sampo.training.data.PictureShape;
import dev.sampo.training.graph.TrainingGraph;
import dev.sampo.training.recipe.Recipe;
import dev.sampo.training.recipe.RecipeOptions;
import dev.sampo.training.recipe.Recipes;
import dev.sampo.training.run.MetricsLog;
import dev.sampo.training.run.Schedule;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code sampo train}: fine-tunes a model on data of one's own. */
@Command(
    name = "train",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    customSynopsis = "sampo train MODEL --data PATH --out DIR [OPTIONS]",
    footer = {
      "%nExamples",
      "  sampo train scripture-lstm --data my-text.txt --out tuned",
      "  sampo train digits-vae --data pictures/ --resize --out tuned",
      "  sampo train scripture-gpt --data chats.jsonl --columns prompt,answer --lora-rank 8 --out"
          + " tuned",
      "  sampo text tuned/model --prompt And"
    },
    description = {
      "Fine-tunes a model: vae, autoencoder, gan, diffusion-unet, rnn-lm, decoder-only,",
      "attention-seq2seq.",
      "--out gets model/ (an ordinary model folder), metrics.jsonl, loss.png and checkpoints/.",
      "The same command on the same folder goes on where a run was cut off."
    })
final class TrainCommand implements Callable<Integer> {
  /**
   * What the estimate of the memory is made of: the process without a model, and how often the values of the forward
   * pass are held with their gradients. With the state held twice (once in files and checkpoints) it comes within a
   * quarter of what training the models that ship takes.
   */
  private static final long PROCESS_BYTES = 240_000_000;

  private static final long ACTIVATIONS = 3;

  private final Console console;
  private @Nullable PictureShape shape;
  private long total;

  @Parameters(
      index = "0",
      paramLabel = "MODEL",
      description = "Name of a model that ships, or a folder.")
  private String model = "";

  @Mixin private TrainOptions options = new TrainOptions();

  TrainCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    Path folder = ShippedModels.ofHome().resolve(model);
    FineTuning tuning = tuning(folder);
    if (options.dryRun()) {
      describe(tuning.recipe());
      return ExitCode.OK;
    }
    // Wrong options are said before the data are read.
    tuning = options.run(tuning);
    options.schedule(Schedule.constant(1), 1);
    Path out = options.out();
    FineTuned tuned;
    try (Console.Progress bar = console.progress("training", options.steps())) {
      tuned =
          tuning
              .scheduleChange(options::schedule)
              .progress(step -> tell(step, bar))
              .validations(
                  step -> console.note("step " + step.done() + " validation " + step.numbers()))
              .cancellation(console.cancellation())
              .run();
    } catch (CancelledException e) {
      return cancelled(e, out);
    }
    plot(out);
    report(tuned, out);
    return ExitCode.OK;
  }

  private int cancelled(CancelledException e, Path out) throws IOException {
    FineTuned partial = e.partial(FineTuned.class);
    if (partial == null) {
      throw e;
    }
    plot(out);
    console.note(
        "sampo: cancelled after step "
            + partial.steps()
            + " of "
            + total
            + "; the same command goes on from there");
    return ExitCode.CANCELLED;
  }

  private FineTuning tuning(Path folder) {
    RecipeOptions wanted = options.recipe(file -> picture(folder, file));
    FineTuning tuning =
        FineTuning.of(folder, wanted.data()).options(o -> wanted).seed(options.seed());
    return switch (options.transform()) {
      case NONE -> tuning;
      case INVERT -> tuning.pictureChange(PictureSet::inverted);
      case SLANT -> tuning.pictureChange(pictures -> pictures.slanted(0.5));
    };
  }

  /** Decodes a picture, scaled to the model's size where that was asked for. */
  private Pixels picture(Path folder, Path file) throws IOException {
    Pixels picture = Pictures.read(file);
    if (!options.resize()) {
      return picture;
    }
    if (shape == null) {
      shape = Recipes.pictureShape(folder);
    }
    if (shape.heightPx() == 0 || shape.widthPx() == 0) {
      throw new UsageException("--resize has no aim: this model takes pictures of any size");
    }
    return Pictures.scaled(picture, shape.widthPx(), shape.heightPx());
  }

  private void tell(TrainingStep step, Console.Progress bar) {
    total = step.total();
    bar.stepTo(step.done(), step.total());
    bar.say(String.format(Locale.ROOT, "loss %.4f", step.loss()));
    if (step.done() == 1 || step.done() % 50 == 0) {
      console.note(
          String.format(
              Locale.ROOT, "step %d/%d loss %.4f", step.done(), step.total(), step.loss()));
    }
  }

  private void describe(Recipe recipe) {
    ObjectNode document = JsonNodeFactory.instance.objectNode();
    document.put("model", model).put("default_steps", recipe.defaultSteps());
    long peak = PROCESS_BYTES;
    for (Map.Entry<String, TrainingGraph> entry : recipe.graphs().entrySet()) {
      TrainingGraph graph = entry.getValue();
      ObjectNode node = document.putObject(entry.getKey());
      node.put("forward_nodes", graph.nodeCounts()[0]);
      node.put("training_nodes", graph.nodeCounts()[1]);
      node.put("trainable_parameters", graph.parameterCount());
      node.put("trainable_weights", graph.parameters().size());
      // Weights, gradients and two moments.
      long state = graph.parameterCount() * 4 * 4;
      node.put("state_bytes", state);
      node.put("activation_bytes", graph.activationBytes());
      peak += 2 * state + ACTIVATIONS * graph.activationBytes();
      node.put("inputs", graph.inputs().toString());
    }
    document.put("estimated_peak_bytes", peak);
    if (options.json()) {
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

  private void plot(Path out) throws IOException {
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

  private void report(FineTuned tuned, Path out) throws IOException {
    JsonNode before = null;
    for (JsonNode line : MetricsLog.read(out.resolve("metrics.jsonl"))) {
      if (before == null && line.path("split").asText().equals("validation")) {
        before = line;
      }
    }
    ObjectNode document = JsonNodeFactory.instance.objectNode();
    document.put("model", out.resolve("model").toString());
    document.put("steps", tuned.steps()).put("stopped_early", tuned.stoppedEarly());
    document.put("seed", tuned.seed());
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
    if (!tuned.validation().isEmpty()) {
      ObjectNode end = document.putObject("validation_after");
      tuned.validation().forEach(end::put);
    }
    if (options.json()) {
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
