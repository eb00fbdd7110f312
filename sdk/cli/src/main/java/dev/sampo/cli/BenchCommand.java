package dev.sampo.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.Model;
import dev.sampo.Sampo;
import dev.sampo.Timings;
import dev.sampo.diffusion.DiffusionPipeline;
import dev.sampo.diffusion.DiffusionRequest;
import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import dev.sampo.picture.PictureModel;
import dev.sampo.picture.PictureRequest;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.text.GenerationRequest;
import dev.sampo.text.GenerationResult;
import dev.sampo.text.TextGenerator;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code sampo bench}: how fast a model is on this machine. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    description = {
      "Measures load time, prefill, tokens or steps or pictures a second, and peak memory of a"
          + " model on this machine.",
      "One round warms up and does not count; the median of the others is shown, with the least and"
          + " the most.",
      "With --against, several models are measured in turns, each in a process of its own."
    })
final class BenchCommand implements Callable<Integer> {
  private static final int PROMPT_TOKENS = 32;
  private static final int NEW_TOKENS = 64;
  private static final int PICTURES = 16;

  private final Console console;

  @Mixin private CommonOptions common = new CommonOptions();

  @Parameters(
      index = "0",
      paramLabel = "MODEL",
      description = "Name of a model that ships, or a folder.")
  private String model = "";

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "5",
      description = "Rounds that count. Default: ${DEFAULT-VALUE}.")
  private int rounds = 5;

  @Option(
      names = "--against",
      paramLabel = "MODEL",
      arity = "1..*",
      description = "Other models, measured in turns with MODEL; ratios are to MODEL.")
  private List<String> against = new ArrayList<>();

  @Option(
      names = "--contender",
      paramLabel = "NAME=COMMAND",
      description =
          "Another program in the contest, which answers 'context N' and 'memory' on its standard input"
              + " as docs/performance.md says; repeatable.")
  private Map<String, String> contenders = new LinkedHashMap<>();

  @Option(
      names = "--contexts",
      paramLabel = "N",
      split = ",",
      description = "With --against: lengths of the texts that are gone on with. Default: 32,512.")
  private List<Integer> contexts = new ArrayList<>();

  BenchCommand(Console console) {
    this.console = console;
  }

  /** Measures one round: figures by name. */
  @FunctionalInterface
  private interface Round {
    Map<String, Double> run() throws IOException;
  }

  @Override
  public Integer call() throws IOException {
    if (rounds < 1) {
      throw new UsageException("--rounds is " + rounds + ", wanted 1 or more");
    }
    Path path = ShippedModels.ofHome().resolve(model);
    ModelFolder folder = common.open(path);
    if (!against.isEmpty() || !contenders.isEmpty()) {
      List<String> models = new ArrayList<>(List.of(model));
      models.addAll(against);
      boolean text = Sampo.familyOf(folder) == TextGenerator.class;
      List<Integer> lengths = contexts.isEmpty() ? List.of(32, 512) : contexts;
      new Contest(console, models, contenders, text ? lengths : List.of(), rounds)
          .run(common.workerOptions(), common.json());
      return ExitCode.OK;
    }
    Class<? extends Model> is = Sampo.familyOf(folder);
    Round round;
    if (is == TextGenerator.class) {
      round = () -> text(path);
    } else if (is == DiffusionPipeline.class) {
      round = () -> diffusion(path);
    } else if (PictureModel.class.isAssignableFrom(is)) {
      round = () -> pictures(path);
    } else {
      throw new CommandFailure(
          folder.name()
              + " is a model of family '"
              + folder.family().label()
              + "', which is not measured. Use sampo "
              + Commands.of(folder)
              + ".");
    }
    Map<String, List<Double>> figures = rounds(round);
    print(folder.family(), figures);
    return ExitCode.OK;
  }

  private Map<String, List<Double>> rounds(Round round) throws IOException {
    Map<String, List<Double>> figures = new LinkedHashMap<>();
    try (Console.Progress bar = console.progress("bench", rounds + 1L)) {
      for (int i = 0; i <= rounds; i++) {
        console.cancellation().throwIfCancelled();
        Map<String, Double> measured = round.run();
        if (i > 0) {
          measured.forEach((k, v) -> figures.computeIfAbsent(k, x -> new ArrayList<>()).add(v));
        }
        bar.step();
      }
    }
    return figures;
  }

  private Map<String, Double> text(Path path) {
    try (TextGenerator generator = TextGenerator.open(common.open(path), common.sessionConfig())) {
      int[] ids = new int[PROMPT_TOKENS];
      Arrays.setAll(ids, i -> 3 + i % Math.min(50, generator.vocabularySize() - 3));
      GenerationConfig config =
          GenerationConfig.builder().minNewTokens(NEW_TOKENS).maxNewTokens(NEW_TOKENS).build();
      GenerationResult result =
          generator.generate(
              GenerationRequest.builder()
                  .promptIds(ids)
                  .config(config)
                  .cancellation(console.cancellation())
                  .build());
      Timings timings = result.timings();
      Map<String, Double> figures = new LinkedHashMap<>();
      figures.put("load_ms", timings.loadMillis());
      figures.put("prefill_ms", timings.prefillMillis());
      figures.put("decode_ms", timings.loopMillis());
      figures.put("tokens_per_second", result.tokensPerSecond());
      return figures;
    }
  }

  private Map<String, Double> diffusion(Path path) {
    long start = System.nanoTime();
    try (DiffusionPipeline pipeline =
        DiffusionPipeline.open(common.open(path), common.sessionConfig())) {
      double loadMillis = millisSince(start);
      DiffusionRequest.Builder request = DiffusionRequest.builder().seed(0).numInferenceSteps(10);
      if (pipeline.takesText()) {
        request.prompt("a picture");
      }
      if (pipeline.takesClasses()) {
        request.classLabel(0);
      }
      request.cancellation(console.cancellation());
      Timings timings = pipeline.generate(request.build()).timings();
      Map<String, Double> figures = new LinkedHashMap<>();
      figures.put("load_ms", loadMillis);
      figures.put("steps_per_second", timings.stepsPerSecond());
      figures.put(
          "outside_the_model_percent",
          100.0 * (timings.loopMillis() - timings.modelMillis()) / timings.loopMillis());
      return figures;
    }
  }

  private Map<String, Double> pictures(Path path) {
    try (PictureModel model =
        Sampo.open(common.open(path), common.sessionConfig(), PictureModel.class)) {
      PictureRequest request =
          PictureRequest.builder()
              .seed(0)
              .count(PICTURES)
              .cancellation(console.cancellation())
              .build();
      Timings timings = model.sample(request).timings();
      Map<String, Double> figures = new LinkedHashMap<>();
      figures.put("load_ms", timings.loadMillis());
      figures.put("pictures_per_second", PICTURES * 1000 / timings.totalMillis());
      return figures;
    }
  }

  private static double millisSince(long startNanos) {
    return (System.nanoTime() - startNanos) / 1e6;
  }

  private void print(Family family, Map<String, List<Double>> figures) {
    double peakMb = BenchFigures.peakBytes() / 1e6;
    if (common.json()) {
      ObjectNode document = JsonNodeFactory.instance.objectNode();
      document.put("model", model).put("family", family.label()).put("rounds", rounds);
      figures.forEach(
          (name, values) ->
              document
                  .putObject(name)
                  .put("median", median(values))
                  .put("min", values.stream().mapToDouble(v -> v).min().orElse(0))
                  .put("max", values.stream().mapToDouble(v -> v).max().orElse(0)));
      document.put("peak_mb", peakMb);
      console.json(document);
      return;
    }
    console.out().printf(Locale.ROOT, "%s (%s), %d rounds%n", model, family.label(), rounds);
    figures.forEach(
        (name, values) ->
            console
                .out()
                .printf(
                    Locale.ROOT,
                    "  %-28s %10.2f   (%.2f to %.2f)%n",
                    name.replace('_', ' '),
                    median(values),
                    values.stream().mapToDouble(v -> v).min().orElse(0),
                    values.stream().mapToDouble(v -> v).max().orElse(0)));
    console.out().printf(Locale.ROOT, "  %-28s %10.0f%n", "peak memory MB", peakMb);
  }

  private static double median(List<Double> values) {
    return BenchFigures.median(values);
  }
}
